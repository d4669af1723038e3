package wire

import (
	"fmt"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/store"
)

// BasicInfo reads who a borrower is; the wire's dentityCard is the BVN. It returns VALIDATION_FAILED.
func BasicInfo(in api.BasicInfo) (onboarding.Basic, error) {
	birthday, err := ParseDate("birthday", in.Birthday)
	if err != nil {
		return onboarding.Basic{}, err
	}
	var t texts
	b := onboarding.Basic{
		FirstName: t.clean("firstName", in.FirstName), MiddleName: t.clean("middleName", Text(in.MiddleName)), LastName: t.clean("lastName", in.LastName),
		BVN: in.DentityCard, Birthday: birthday, Gender: int(in.Gender), Email: t.clean("email", in.Email), CityCode: Text(in.CityCode),
		Address: t.clean("address", Text(in.Address)),
	}
	return b, t.err
}

// WorkInfo reads where a borrower's money comes from. It returns VALIDATION_FAILED.
func WorkInfo(in api.WorkInfo) (store.WorkInfo, error) {
	var t texts
	w := store.WorkInfo{
		EmploymentStatus: int(in.EmploymentStatus), IncomeCode: in.IncomeCode, PayDay: Int(in.PayDay), Company: t.clean("companyName", Text(in.CompanyName)),
		Position: t.clean("position", Text(in.Position)), Address: t.clean("companyAddress", Text(in.CompanyAddress)), Phone: t.clean("companyPhone", Text(in.CompanyPhone)),
	}
	return w, t.err
}

// MoreInfo reads the further information. It returns VALIDATION_FAILED.
func MoreInfo(in api.MoreInfo) (store.MoreInfo, error) {
	var t texts
	m := store.MoreInfo{
		Education: Int(in.Education), MaritalStatus: Int(in.MaritalStatus), Children: Int(in.Children), ResidenceType: Int(in.ResidenceType),
		ResidenceAddress: t.clean("residenceAddress", Text(in.ResidenceAddress)), StateCode: Text(in.StateCode),
	}
	return m, t.err
}

// EmergencyContacts reads the emergency contacts. It returns VALIDATION_FAILED.
func EmergencyContacts(in api.EmergencyContacts) ([]store.EmergencyContact, error) {
	var t texts
	contacts := make([]store.EmergencyContact, len(in.Contacts))
	for i, c := range in.Contacts {
		mobile, err := ParseMobile(fmt.Sprintf("contacts[%d].mobile", i), c.Mobile)
		if err != nil {
			return nil, err
		}
		contacts[i] = store.EmergencyContact{Name: t.clean(fmt.Sprintf("contacts[%d].name", i), c.Name), Mobile: mobile, Relation: int(c.Relation)}
	}
	return contacts, t.err
}

// InfoStatus shows which parts of a profile are there.
func InfoStatus(r store.Readiness) api.InfoStatus {
	return api.InfoStatus{
		BasicStatus: Flag(r.Basic), WorkStatus: Flag(r.Work), ContactStatus: Flag(r.Contacts > 0), MoreStatus: Flag(r.More), BankStatus: Flag(r.Bank),
		CardStatus: Flag(r.Card), ConsentStatus: Flag(r.Consent), Complete: Flag(r.Complete()), NextStep: api.InfoStatusNextStep(r.NextStep()),
	}
}

// UserInfo shows all that a borrower has told, with the BVN masked.
func UserInfo(u onboarding.UserInfo) api.UserInfo {
	contacts := make([]api.UserContact, len(u.Contacts))
	for i, c := range u.Contacts {
		contacts[i] = api.UserContact{Name: c.Name, Mobile: Mobile(c.Mobile), Relation: Int32(c.Relation)}
	}
	images := make([]api.ImageInfo, len(u.Images))
	for i, m := range u.Images {
		images[i] = api.ImageInfo{Code: m.Code, Kind: Int32(m.Kind), ContentType: api.ImageInfoContentType(m.ContentType), Size: Int32(m.Size),
			Width: Int32(m.Width), Height: Int32(m.Height), CreatedTime: Time(m.CreatedAt)}
	}
	p, w, m := u.Profile, u.Work, u.More
	return api.UserInfo{
		UID: ID(u.Borrower), Mobile: Mobile(u.Mobile), AppCode: u.Brand, CreatedTime: Time(u.CreatedAt), Contacts: contacts, Images: images,
		FirstName: p.FirstName, MiddleName: p.MiddleName, LastName: p.LastName, DentityCard: mask.BVN(p.BVN), Birthday: p.Birthday.String(),
		Gender: Int32(p.Gender), Email: p.Email, CityCode: p.CityCode, Address: p.Address,
		Work: api.UserWork{EmploymentStatus: Int32(w.EmploymentStatus), CompanyName: w.Company, Position: w.Position, IncomeCode: w.IncomeCode,
			PayDay: Int32(w.PayDay), CompanyAddress: w.Address, CompanyPhone: w.Phone},
		More: api.UserMore{Education: Int32(m.Education), MaritalStatus: Int32(m.MaritalStatus), Children: Int32(m.Children),
			ResidenceType: Int32(m.ResidenceType), ResidenceAddress: m.ResidenceAddress, StateCode: m.StateCode},
	}
}

// CreditInfo shows a borrower's standing.
func CreditInfo(c onboarding.Credit) api.CreditInfo {
	return api.CreditInfo{
		CreditLimit: c.Limit.Wire(), Available: c.Available.Wire(), Outstanding: c.Outstanding.Wire(), LoanCount: Int32(c.Prior), SettledCount: Int32(c.Settled),
		LateCount: Int32(c.Late), MaxOverDays: Int32(c.MaxDaysLate), Grade: api.CreditInfoGrade(c.Grade()),
	}
}

// UserSetting shows a borrower's settings.
func UserSetting(s onboarding.Settings) api.UserSettingVo {
	return api.UserSettingVo{Language: api.Language(s.Language), MarketingConsent: Flag(s.Marketing), PushEnabled: Flag(s.PushEnabled)}
}

// SettingsChange reads the settings to change; what is absent stays.
func SettingsChange(in api.UserSettingInfo) onboarding.SettingsChange {
	var change onboarding.SettingsChange
	if in.Language != nil {
		language := string(*in.Language)
		change.Language = &language
	}
	if in.MarketingConsent != nil {
		yes := IsSet(in.MarketingConsent)
		change.Marketing = &yes
	}
	if in.PushEnabled != nil {
		yes := IsSet(in.PushEnabled)
		change.PushEnabled = &yes
	}
	return change
}

// PushTopic reads a subscription. It returns VALIDATION_FAILED.
func PushTopic(in api.UserTopic) (store.PushTopic, error) {
	token, err := CleanText("deviceToken", in.DeviceToken)
	return store.PushTopic{Topic: in.Topic, Platform: int(in.Platform), Token: token}, err
}

// Consent shows one purpose and what the borrower said to it.
func Consent(c onboarding.Consent) api.Consent {
	return api.Consent{
		Purpose: api.ConsentPurpose(c.Policy.Purpose), PolicyVersion: c.Policy.Version, Granted: Flag(c.Granted), Title: c.Policy.Title, Text: c.Policy.Text,
		Required: Flag(c.Policy.Required), CreatedTime: Time(c.DecidedAt),
	}
}

// Consents shows every purpose of the brand.
func Consents(consents []onboarding.Consent) api.ConsentList {
	list := make([]api.Consent, len(consents))
	for i, c := range consents {
		list[i] = Consent(c)
	}
	return api.ConsentList{List: list}
}
