package wire

import (
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/store"
)

// SessionList shows a borrower's open sessions; present is the one that asks.
func SessionList(sessions []store.SessionInfo, present int64) api.SessionList {
	list := make([]api.SessionInfo, len(sessions))
	for i, s := range sessions {
		list[i] = api.SessionInfo{ID: ID(s.ID), Current: Flag(s.ID == present), Terminal: Int32(s.Terminal), CreatedTime: Time(s.CreatedAt),
			LastSeenTime: Time(s.LastSeenAt), ExpireTime: Time(s.Ends)}
	}
	return api.SessionList{List: list}
}

// SessionToken shows the new token of a session.
func SessionToken(r access.Refreshed) api.SessionToken {
	return api.SessionToken{Token: r.Token.Reveal(), TokenExpireTime: Time(r.Ends)}
}

// maxExportText is the contract's bound of one exported value, in bytes.
const maxExportText = 100_000

// UserExport shows everything that is kept of a borrower.
func UserExport(sections []store.PersonalSection, at time.Time) api.UserExport {
	out := api.UserExport{ExportTime: Time(at), Sections: make([]api.ExportSection, len(sections))}
	for i, s := range sections {
		records := make([]api.ExportRecord, len(s.Records))
		for j, r := range s.Records {
			fields := make([]api.ExportField, len(r))
			for k, f := range r {
				fields[k] = api.ExportField{Name: f.Name, Value: f.Value[:min(len(f.Value), maxExportText)]}
			}
			records[j] = api.ExportRecord{Fields: fields}
		}
		out.Sections[i] = api.ExportSection{Name: s.Name, Records: records}
	}
	return out
}
