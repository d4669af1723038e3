package creditpockettest

import (
	"slices"
	"strings"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

func (x *exchange) infoStatus() (any, *Refusal) { return x.b.status(), nil }

func (x *exchange) saveBasic() (any, *Refusal) {
	r, u := request[creditpocket.BasicInfo](x), &x.b.user
	born := r.Birthday.Time()
	if born.AddDate(18, 0, 0).After(now()) {
		return nil, Refuse(creditpocket.ErrUnderage)
	}
	if x.b.openLoan() != nil {
		return nil, Refuse(creditpocket.ErrInfoLocked)
	}
	bvn := r.BVN.Reveal()
	u.FirstName, u.LastName, u.MiddleName, u.BVN = r.FirstName, r.LastName, r.MiddleName, creditpocket.Masked(bvn[:3]+"****"+bvn[7:])
	u.Birthday, u.Gender, u.Email, u.CityCode, u.Address = r.Birthday, r.Gender, r.Email, r.CityCode, r.Address
	x.b.saved[creditpocket.StepBasic] = true
	return x.b.status(), nil
}

func (x *exchange) saveContacts() (any, *Refusal) {
	r := request[struct {
		Contacts []creditpocket.EmergencyContact `json:"contacts"`
	}](x)
	seen := []string{x.b.mobile}
	for i := range r.Contacts {
		c := &r.Contacts[i]
		if c.Mobile = tenDigits(c.Mobile); slices.Contains(seen, c.Mobile) {
			return nil, Refuse(creditpocket.ErrContactInvalid)
		}
		seen = append(seen, c.Mobile)
	}
	x.b.user.Contacts = r.Contacts
	x.b.saved[creditpocket.StepContact] = true
	return x.b.status(), nil
}

func (x *exchange) saveWork() (any, *Refusal) {
	r := request[creditpocket.WorkInfo](x)
	bands := data[struct{ List []creditpocket.IncomeBand }](x.srv.contract, "listIncomeBands", "bands").List
	if !slices.ContainsFunc(bands, func(b creditpocket.IncomeBand) bool { return b.Code == r.IncomeCode }) {
		return nil, Refuse(creditpocket.ErrDictValueUnknown)
	}
	x.b.user.Work = creditpocket.Work{Employment: r.Employment, Company: r.Company, Position: r.Position, IncomeCode: r.IncomeCode, PayDay: r.PayDay,
		CompanyAddress: r.CompanyAddress, CompanyPhone: r.CompanyPhone}
	x.b.saved[creditpocket.StepWork] = true
	return x.b.status(), nil
}

func (x *exchange) saveMore() (any, *Refusal) {
	r := request[creditpocket.MoreInfo](x)
	x.b.user.More = creditpocket.More{Education: r.Education, MaritalStatus: r.MaritalStatus, Residence: r.Residence, Address: r.Address, StateCode: r.StateCode}
	if r.Children != nil {
		x.b.user.More.Children = *r.Children
	}
	x.b.more = true
	return x.b.status(), nil
}

func (x *exchange) userInfo() (any, *Refusal) { return x.b.user, nil }

func (x *exchange) creditInfo() (any, *Refusal) {
	c := data[creditpocket.Credit](x.srv.contract, "getCreditInfo", "newcomer")
	for _, l := range x.b.loans {
		if l.State.Owing() && l.Remaining != nil {
			c.Outstanding += *l.Remaining
			c.Available = max(0, c.Available-l.Principal)
		}
		if l.State.PaidOut() {
			c.LoanCount++
			c.Grade = creditpocket.GradeA
		}
		if l.State.Settled() {
			c.SettledCount++
		}
		if l.Penalty > 0 {
			c.LateCount++
			c.Grade = creditpocket.GradeB
			c.MaxOverdueDays = max(c.MaxOverdueDays, 3)
		}
	}
	return c, nil
}

func (x *exchange) getSettings() (any, *Refusal) { return x.b.settings, nil }

func (x *exchange) saveSettings() (any, *Refusal) {
	r, s := request[creditpocket.SettingsChange](x), &x.b.settings
	if r.Language != "" {
		s.Language = r.Language
	}
	if r.Marketing != nil {
		s.Marketing = *r.Marketing
	}
	if r.Push != nil {
		s.Push = *r.Push
	}
	return *s, nil
}

func (x *exchange) listConsents() (any, *Refusal) { return list(x.b.consents), nil }

func (x *exchange) saveConsent() (any, *Refusal) {
	r := request[creditpocket.ConsentDecision](x)
	for i := range x.b.consents {
		c := &x.b.consents[i]
		if c.Purpose == r.Purpose && c.PolicyVersion == r.PolicyVersion {
			c.Granted, c.Decided = r.Granted, now()
			return *c, nil
		}
	}
	return nil, Refuse(creditpocket.ErrConsentVersionMismatch)
}

func (x *exchange) location() (any, *Refusal) {
	for _, c := range x.b.consents {
		if c.Purpose == creditpocket.ConsentLocation && c.Granted {
			return x.accept()
		}
	}
	return nil, Refuse(creditpocket.ErrConsentRequired)
}

func (x *exchange) harvest() (any, *Refusal) { return nil, Refuse(creditpocket.ErrPolicyRefused) }

func (x *exchange) image() (any, *Refusal) {
	if img, ok := x.b.images[strings.ToLower(x.code)]; ok {
		return img, nil
	}
	return nil, Refuse(creditpocket.ErrImageNotFound)
}

func (x *exchange) listMessages() (any, *Refusal) {
	wanted := []creditpocket.Message{}
	for _, m := range x.b.messages {
		if of := x.r.URL.Query().Get("type"); of == "" || of == string(rune('0'+m.Type)) {
			wanted = append(wanted, m)
		}
	}
	shown := page(x, wanted)
	for _, m := range shown.Items {
		for i := range x.b.messages {
			if x.b.messages[i].ID == m.ID {
				x.b.messages[i].Read = true
			}
		}
	}
	return shown, nil
}
