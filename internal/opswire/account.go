package opswire

import (
	"time"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// Sessions are open sessions of a borrower.
func Sessions(open []store.SessionInfo) opsapi.BorrowerSessions {
	return opsapi.BorrowerSessions{List: each(open, func(s store.SessionInfo) opsapi.BorrowerSession {
		return opsapi.BorrowerSession{ID: id(s.ID), Terminal: wire.Int32(s.Terminal), CreatedAt: instant(s.CreatedAt), LastSeenAt: instant(s.LastSeenAt), EndsAt: instant(s.Ends)}
	})}
}

// SessionsEnd reads which session of a borrower to end; session 0 is all. It returns VALIDATION_FAILED.
func SessionsEnd(borrower string, in opsapi.SessionsEndInfo) (who, session int64, err error) {
	if who, err = ParseID("id", borrower); err != nil || in.SessionID == nil {
		return who, 0, err
	}
	session, err = ParseID("sessionId", *in.SessionID)
	return who, session, err
}

// maxExportText is the contract's bound of one exported value, in bytes.
const maxExportText = 100_000

// Export is everything that is kept of a borrower, in clear.
func Export(sections []store.PersonalSection, at time.Time) opsapi.BorrowerExport {
	return opsapi.BorrowerExport{At: instant(at), Sections: each(sections, func(s store.PersonalSection) opsapi.ExportSection {
		return opsapi.ExportSection{Name: s.Name, Records: each(s.Records, func(r []store.PersonalField) opsapi.ExportRecord {
			return opsapi.ExportRecord{Fields: each(r, func(f store.PersonalField) opsapi.ExportField {
				return opsapi.ExportField{Name: f.Name, Value: f.Value[:min(len(f.Value), maxExportText)]}
			})}
		})}
	})}
}

// Erasure is a borrower who was erased.
func Erasure(e backoffice.Erasure) opsapi.BorrowerErasure {
	return opsapi.BorrowerErasure{ID: id(e.ID), Brand: e.Brand, At: instant(e.At)}
}
