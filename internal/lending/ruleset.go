package lending

// Outcome is what a decision says.
type Outcome string

// The outcomes.
const (
	Approve Outcome = "approve"
	Review  Outcome = "review"
	Reject  Outcome = "reject"
)

// Known says whether o is an outcome.
func (o Outcome) Known() bool { return o == Approve || o == Review || o == Reject }

// State is the state the outcome moves a submitted loan to.
func (o Outcome) State() State {
	switch o {
	case Approve:
		return Approved
	case Reject:
		return RejectedRisk
	default:
		return InReview
	}
}

// RiskStatus is the wire's auditRiskStatus: -1 rejected, 1 sent to review, 2 approved (0, pending, is before any decision).
func (o Outcome) RiskStatus() int {
	switch o {
	case Approve:
		return 2
	case Reject:
		return -1
	default:
		return 1
	}
}

// Verdict is what a rule, or the rule set when no rule applies, concludes.
type Verdict struct {
	Outcome  Outcome `json:"outcome"`
	Reason   string  `json:"reason"`   // stable upper-snake code
	Internal string  `json:"internal"` // for staff: the wire's auditRiskReson
	Borrower string  `json:"borrower"` // for the borrower: the wire's auditRiskDetail; "" says nothing
}

// Rule is one rule as data: a name, a boolean expression over the facts of Snapshot, and a verdict.
type Rule struct {
	Name string `json:"name"`
	When string `json:"when"`
	Verdict
}

// RuleSet is a version of the rules. The first rule that applies decides; all that apply are recorded.
type RuleSet struct {
	Version string  `json:"version"`
	Rules   []Rule  `json:"rules"`
	Default Verdict `json:"default"`
}

// Borrower texts of the default rules.
const (
	textNotMet   = "We sincerely apologize as you do not meet our lending criteria."
	textInReview = "Your application is being reviewed by our team. We will tell you the result."
)

// DefaultRuleSet is the rule set that a new deployment starts with. The whitelist and blacklist texts are the seed's.
func DefaultRuleSet() RuleSet {
	reject := func(name, when, reason, internal, borrower string) Rule {
		return Rule{name, when, Verdict{Reject, reason, internal, borrower}}
	}
	review := func(name, when, reason, internal string) Rule {
		return Rule{name, when, Verdict{Review, reason, internal, textInReview}}
	}
	approve := func(name, when, reason, internal string) Rule {
		return Rule{name, when, Verdict{Approve, reason, internal, ""}}
	}
	return RuleSet{
		Version: "2026-01",
		Rules: []Rule{
			reject("blacklist_bvn", "bvnBlacklisted", "BLACKLIST_BVN", "BVN in the internal Blacklist", textNotMet),
			reject("blacklist_other", "blacklistHits > 0", "BLACKLIST_OTHER", "Mobile, account or device in the internal Blacklist", textNotMet),
			reject("age", "ageYears > 0 and (ageYears < 18 or ageYears > 65)", "AGE_OUT_OF_RANGE", "Age outside 18 to 65",
				"Our loans are for borrowers from 18 to 65 years of age."),
			reject("written_off", "writtenOffLoans > 0", "WRITTEN_OFF_BEFORE", "An earlier loan was written off",
				"An earlier loan was not repaid. Please contact support to settle it first."),
			reject("device_farm", "deviceBorrowers > 5", "DEVICE_REUSED", "More than five borrowers on one device", textNotMet),
			reject("rejections", "rejectionsMonth >= 3 and not whitelisted", "REJECTED_OFTEN", "Three rejections within 30 days",
				"You have applied several times recently. Please try again after 30 days."),

			approve("whitelist", "whitelisted and (not budgetLimited or budgetLeft >= principal)", "WHITELIST", "Whitelist customers system automatic approve"),

			review("budget", "budgetLimited and budgetLeft < principal", "BUDGET_SPENT", "The brand's daily budget is spent"),
			review("age_unknown", "ageYears == 0", "AGE_UNKNOWN", "Date of birth unknown"),
			review("identity", "not bvnVerified or not accountNameMatched", "IDENTITY_UNPROVEN", "BVN or account name not verified"),
			review("selfie", "not selfieProvided", "SELFIE_MISSING", "No selfie with the application"),
			review("account_shared", "accountBorrowers > 1", "ACCOUNT_SHARED", "Bank account used by another borrower"),
			review("device_shared", "deviceBorrowers > 2", "DEVICE_SHARED", "More than two borrowers on one device"),
			review("contact_shared", "emergencyContacts == 0 or contactShared > 3", "CONTACT_WEAK", "Emergency contact missing, or named by more than three others"),
			review("velocity", "applicationsDay > 3 or applicationsMonth > 10", "VELOCITY", "Unusually many applications"),
			review("late_before", "maxDaysLate > 30", "LATE_BEFORE", "An earlier loan was more than 30 days late"),
			review("affordability", "incomeMax > 0 and totalDue * 2 > incomeMax", "AFFORDABILITY", "Total due above half of a month's income"),
			review("limit", "principal > creditLimit", "ABOVE_LIMIT", "Principal above the borrower's limit"),

			approve("repeat", "settledLoans > 0", "REPEAT_BORROWER", "Repeat borrower within the limit, system automatic approve"),
			approve("first_loan", "priorLoans == 0", "FIRST_LOAN", "First loan within the entry limit, system automatic approve"),
		},
		Default: Verdict{Review, "NO_RULE", "No rule applies", textInReview},
	}
}
