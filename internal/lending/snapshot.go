package lending

import (
	"fmt"
	"reflect"
)

// Snapshot is every fact a decision rule may read, as it was when the decision was made. It is stored with the decision: the same
// snapshot under the same rule-set version always gives the same decision. The JSON name of a fact is its name in rules. Amounts are
// kobo as plain integers. A fact is only ever added, never renamed: old snapshots must stay readable.
type Snapshot struct {
	Brand     string `json:"brand" expr:"brand"`
	ProductID int64  `json:"productId" expr:"productId"`
	Principal int64  `json:"principal" expr:"principal"`
	TotalDue  int64  `json:"totalDue" expr:"totalDue"`
	TermDays  int64  `json:"termDays" expr:"termDays"`

	AgeYears         int64 `json:"ageYears" expr:"ageYears"`                 // completed; 0 is unknown
	IncomeMin        int64 `json:"incomeMin" expr:"incomeMin"`               // monthly income band's lower end
	IncomeMax        int64 `json:"incomeMax" expr:"incomeMax"`               // its upper end; 0 is open or unknown
	EmploymentStatus int64 `json:"employmentStatus" expr:"employmentStatus"` // the wire's code; 0 is unknown
	AccountAgeDays   int64 `json:"accountAgeDays" expr:"accountAgeDays"`     // since registration

	BVNVerified        bool  `json:"bvnVerified" expr:"bvnVerified"`
	AccountNameMatched bool  `json:"accountNameMatched" expr:"accountNameMatched"`
	SelfieProvided     bool  `json:"selfieProvided" expr:"selfieProvided"`
	EmergencyContacts  int64 `json:"emergencyContacts" expr:"emergencyContacts"`
	ContactShared      int64 `json:"contactShared" expr:"contactShared"` // other borrowers who name the same contact

	BVNBlacklisted bool  `json:"bvnBlacklisted" expr:"bvnBlacklisted"`
	BlacklistHits  int64 `json:"blacklistHits" expr:"blacklistHits"` // mobile, account, device and other lists, BVN not counted
	Whitelisted    bool  `json:"whitelisted" expr:"whitelisted"`

	PriorLoans      int64 `json:"priorLoans" expr:"priorLoans"`     // disbursed before
	SettledLoans    int64 `json:"settledLoans" expr:"settledLoans"` // paid in full, late ones included
	LateLoans       int64 `json:"lateLoans" expr:"lateLoans"`       // ever past due
	MaxDaysLate     int64 `json:"maxDaysLate" expr:"maxDaysLate"`
	WrittenOffLoans int64 `json:"writtenOffLoans" expr:"writtenOffLoans"`
	CreditLimit     int64 `json:"creditLimit" expr:"creditLimit"` // CreditPolicy.Limit for this history

	ApplicationsDay   int64 `json:"applicationsDay" expr:"applicationsDay"`     // by this borrower in 24 hours, this one included
	ApplicationsMonth int64 `json:"applicationsMonth" expr:"applicationsMonth"` // in 30 days
	RejectionsMonth   int64 `json:"rejectionsMonth" expr:"rejectionsMonth"`     // in 30 days
	DeviceBorrowers   int64 `json:"deviceBorrowers" expr:"deviceBorrowers"`     // borrowers seen on this device, this one included
	AccountBorrowers  int64 `json:"accountBorrowers" expr:"accountBorrowers"`   // borrowers with this bank account, this one included

	BudgetLimited bool  `json:"budgetLimited" expr:"budgetLimited"` // the brand has a daily budget
	BudgetLeft    int64 `json:"budgetLeft" expr:"budgetLeft"`       // of that budget, before this loan
}

// Fact describes one fact for people who write rules.
type Fact struct {
	Name string
	Type string // "integer", "boolean" or "text"
}

// NamedFact is one fact of a snapshot under the name that rules use.
type NamedFact struct {
	Name  string
	Value string
}

// Named lists the snapshot's facts in the order of Facts.
func (s Snapshot) Named() []NamedFact {
	v := reflect.ValueOf(s)
	facts := Facts()
	named := make([]NamedFact, len(facts))
	for i, f := range facts {
		named[i] = NamedFact{f.Name, fmt.Sprint(v.Field(i).Interface())}
	}
	return named
}

// Facts lists the facts in the order of Snapshot.
func Facts() []Fact {
	t := reflect.TypeFor[Snapshot]()
	types := map[reflect.Kind]string{reflect.Int64: "integer", reflect.Bool: "boolean", reflect.String: "text"}
	out := make([]Fact, t.NumField())
	for i := range out {
		f := t.Field(i)
		out[i] = Fact{f.Tag.Get("expr"), types[f.Type.Kind()]}
	}
	return out
}
