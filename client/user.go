package creditpocket

import "time"

// Gender of a borrower.
type Gender int32

// The genders; GenderUnknown is what an answer says before it was told.
const (
	GenderUnknown Gender = 0
	Male          Gender = 1
	Female        Gender = 2
)

// Relation of an emergency contact to the borrower.
type Relation int32

// The relations.
const (
	Spouse        Relation = 1
	Parent        Relation = 2
	Sibling       Relation = 3
	Friend        Relation = 4
	Colleague     Relation = 5
	OtherRelation Relation = 6
)

// Employment is how a borrower earns.
type Employment int32

// The kinds of employment; EmploymentUnknown is what an answer says before it was told.
const (
	EmploymentUnknown Employment = 0
	Employed          Employment = 1
	SelfEmployed      Employment = 2
	BusinessOwner     Employment = 3
	Student           Employment = 4
	Retired           Employment = 5
	NoWork            Employment = 6
)

// Education is a borrower's highest.
type Education int32

// The levels of education; EducationUnknown is what an answer says before it was told.
const (
	EducationUnknown Education = 0
	NoEducation      Education = 1
	Primary          Education = 2
	Secondary        Education = 3
	Diploma          Education = 4
	Bachelor         Education = 5
	Postgraduate     Education = 6
)

// MaritalStatus of a borrower.
type MaritalStatus int32

// The marital statuses; MaritalStatusUnknown is what an answer says before it was told.
const (
	MaritalStatusUnknown MaritalStatus = 0
	Single               MaritalStatus = 1
	Married              MaritalStatus = 2
	Divorced             MaritalStatus = 3
	Widowed              MaritalStatus = 4
)

// Residence is whose home a borrower lives in.
type Residence int32

// The kinds of residence; ResidenceUnknown is what an answer says before it was told.
const (
	ResidenceUnknown Residence = 0
	Owned            Residence = 1
	Rented           Residence = 2
	OfFamily         Residence = 3
	OfEmployer       Residence = 4
	OtherResidence   Residence = 5
)

// Step is a part of the profile.
type Step string

// The steps; StepReady is ProfileStatus.Next when none is missing.
const (
	StepBasic   Step = "BASIC"
	StepWork    Step = "WORK"
	StepContact Step = "CONTACT"
	StepBank    Step = "BANK"
	StepConsent Step = "CONSENT"
	StepReady   Step = "READY"
)

// Grade is a borrower's history of paying.
type Grade string

// The grades: never late, late by at most 7 days, by at most 30 days, later than that, and no loan paid out yet.
const (
	GradeA   Grade = "A"
	GradeB   Grade = "B"
	GradeC   Grade = "C"
	GradeD   Grade = "D"
	GradeNew Grade = "NEW"
)

// BasicInfo is who the borrower is.
type BasicInfo struct {
	FirstName  string `wire:"firstName"`
	LastName   string `wire:"lastName"`
	MiddleName string `wire:"middleName,omitempty"`
	// BVN is the Bank Verification Number, 11 digits. No answer ever has it in full.
	BVN      Secret `wire:"dentityCard"`
	Birthday Date   `wire:"birthday"`
	Gender   Gender `wire:"gender"`
	Email    string `wire:"email"`
	// CityCode is of the city dictionary.
	CityCode string `wire:"cityCode,omitempty"`
	Address  string `wire:"address,omitempty"`
}

// ProfileStatus says which parts of the profile are there.
type ProfileStatus struct {
	Basic   bool `wire:"basicStatus"`
	Work    bool `wire:"workStatus"`
	Contact bool `wire:"contactStatus"`
	// More is not needed for a loan.
	More bool `wire:"moreStatus"`
	Bank bool `wire:"bankStatus"`
	// Card is not needed for a loan.
	Card    bool `wire:"cardStatus"`
	Consent bool `wire:"consentStatus"`
	// Complete says that everything an application needs is there.
	Complete bool `wire:"complete"`
	// Next is the first part that is missing, or StepReady.
	Next  Step `wire:"nextStep"`
	Extra Extra
}

// EmergencyContact is a person to call.
type EmergencyContact struct {
	Name string `wire:"name"`
	// Mobile is in its 10-digit form in answers.
	Mobile   string   `wire:"mobile"`
	Relation Relation `wire:"relation"`
	Extra    Extra
}

type emergencyContacts struct {
	Contacts []EmergencyContact `wire:"contacts"`
}

// WorkInfo is how the borrower earns, to be saved.
type WorkInfo struct {
	Employment Employment `wire:"employmentStatus"`
	Company    string     `wire:"companyName,omitempty"`
	Position   string     `wire:"position,omitempty"`
	// IncomeCode is of the income dictionary.
	IncomeCode string `wire:"incomeCode"`
	// PayDay is the day of the month, from 1 to 31; 0 is not told.
	PayDay         int32  `wire:"payDay,omitempty"`
	CompanyAddress string `wire:"companyAddress,omitempty"`
	CompanyPhone   string `wire:"companyPhone,omitempty"`
}

// Work is how the borrower earns, as saved. What was not told is zero or "".
type Work struct {
	Employment     Employment `wire:"employmentStatus"`
	Company        string     `wire:"companyName"`
	Position       string     `wire:"position"`
	IncomeCode     string     `wire:"incomeCode"`
	PayDay         int32      `wire:"payDay"`
	CompanyAddress string     `wire:"companyAddress"`
	CompanyPhone   string     `wire:"companyPhone"`
	Extra          Extra
}

// MoreInfo is further facts, to be saved. Saving replaces them all: what is left out becomes unknown.
type MoreInfo struct {
	Education     Education     `wire:"education,omitempty"`
	MaritalStatus MaritalStatus `wire:"maritalStatus,omitempty"`
	// Children is nil when not told, which is not the same as none.
	Children  *int32    `wire:"children,omitempty"`
	Residence Residence `wire:"residenceType,omitempty"`
	Address   string    `wire:"residenceAddress,omitempty"`
	// StateCode is like NG-LA.
	StateCode string `wire:"stateCode,omitempty"`
}

// More is further facts, as saved. What was not told is zero or "".
type More struct {
	Education     Education     `wire:"education"`
	MaritalStatus MaritalStatus `wire:"maritalStatus"`
	Children      int32         `wire:"children"`
	Residence     Residence     `wire:"residenceType"`
	Address       string        `wire:"residenceAddress"`
	StateCode     string        `wire:"stateCode"`
	Extra         Extra
}

// User is everything the borrower has told. What was not told is zero or "".
type User struct {
	ID string `wire:"uid"`
	// Mobile is the number in its 10-digit form.
	Mobile     string `wire:"mobile"`
	AppCode    string `wire:"appCode"`
	FirstName  string `wire:"firstName"`
	LastName   string `wire:"lastName"`
	MiddleName string `wire:"middleName"`
	// BVN is masked by the server.
	BVN      Masked             `wire:"dentityCard"`
	Birthday Date               `wire:"birthday"`
	Gender   Gender             `wire:"gender"`
	Email    string             `wire:"email"`
	CityCode string             `wire:"cityCode"`
	Address  string             `wire:"address"`
	Work     Work               `wire:"work"`
	More     More               `wire:"more"`
	Contacts []EmergencyContact `wire:"contacts"`
	// Images are the latest, newest first.
	Images  []ImageInfo `wire:"images"`
	Created time.Time   `wire:"createdTime"`
	Extra   Extra
}

// Credit is how much a borrower may owe, and how they paid so far.
type Credit struct {
	// Limit is the largest principal that may be open at once.
	Limit     Kobo `wire:"creditLimit"`
	Available Kobo `wire:"available"`
	// Outstanding is all that is owed today.
	Outstanding    Kobo  `wire:"outstanding"`
	LoanCount      int32 `wire:"loanCount"`
	SettledCount   int32 `wire:"settledCount"`
	LateCount      int32 `wire:"lateCount"`
	MaxOverdueDays int32 `wire:"maxOverDays"`
	Grade          Grade `wire:"grade"`
	Extra          Extra
}
