package access

import "time"

// The classes of requests that are limited together. The HTTP layer names the class of an operation; number and code are counted by
// Service, which alone knows the mobile number of a request.
const (
	ClassRead        = "read"
	ClassWrite       = "write"
	ClassDevice      = "device"       // what devices report by themselves
	ClassGateway     = "gateway"      // payment events
	ClassAuthFailure = "auth-failure" // requests whose token or signature was refused
	ClassMoney       = "money"        // what moves or promises money
	ClassUpload      = "upload"       // pictures
	ClassSMS         = "sms"          // what costs us a text message
	ClassLogin       = "login"        // guesses at a password
	ClassRegister    = "register"
	ClassCode        = "code"     // guesses at a code
	ClassGuess       = "guess"    // guesses at the codes of one number, whatever they are for
	ClassStepUp      = "step-up"  // guesses at the password of an open session
	ClassOperator    = "operator" // what the lender's staff does
	ClassUnmask      = "unmask"   // what the staff sees of a person in clear, or looks a person up by
)

// What a limit counts: the part before the colon of a key given to Limiter.Allow.
const (
	KeyIP       = "ip"       // an address; an IPv6 address counts as its /64, which one caller holds whole
	KeyBorrower = "borrower" // a borrower's id
	KeyOperator = "operator" // the id of a member of the staff
	KeyMobile   = "mobile"   // a brand and a mobile number
	KeyRange    = "range"    // a brand and a block of a hundred thousand mobile numbers
	KeyDevice   = "device"   // a brand and the app's name of an installation, which a caller can make up: it can only add strictness
	KeyBrand    = "brand"    // a brand as a whole: a budget
)

// Rule is one limit: so many requests in a window, for each value of a key. They may come all at once; after that one more every
// Window/Limit. So a window can see up to twice the limit where a full one follows an idle one.
type Rule struct {
	Name   string // on the wire: lower-case letters and dashes, at most 32
	Key    string // one of the Key constants
	Limit  int
	Window time.Duration
	// Visitors leaves the rule out of a request that also has a borrower to count by: many borrowers share one address behind
	// their network's translation.
	Visitors bool
}

// Class is what limits one class of requests.
type Class struct {
	// Shared counts in PostgreSQL, for all replicas together, at the price of a small transaction: for what is expensive or dangerous.
	// The others count in the memory of each replica, so that a read costs no write; n replicas then admit up to n times as much.
	Shared bool
	Rules  []Rule
}

// DefaultClasses are the limits of a deployment that chooses none. The map is the caller's to change.
func DefaultClasses() map[string]Class {
	const day = 24 * time.Hour
	return map[string]Class{
		ClassRead: {Rules: []Rule{
			{Name: "read", Key: KeyBorrower, Limit: 240, Window: time.Minute},
			{Name: "read-address", Key: KeyIP, Limit: 600, Window: time.Minute, Visitors: true},
		}},
		ClassWrite: {Rules: []Rule{
			{Name: "write", Key: KeyBorrower, Limit: 60, Window: time.Minute},
			{Name: "write-address", Key: KeyIP, Limit: 300, Window: time.Minute, Visitors: true},
		}},
		ClassDevice: {Rules: []Rule{
			{Name: "device", Key: KeyBorrower, Limit: 60, Window: time.Minute},
			{Name: "device-address", Key: KeyIP, Limit: 300, Window: time.Minute, Visitors: true},
		}},
		ClassGateway:     {Rules: []Rule{{Name: "gateway", Key: KeyIP, Limit: 3000, Window: time.Minute}}},
		ClassAuthFailure: {Rules: []Rule{{Name: "auth-failure", Key: KeyIP, Limit: 120, Window: time.Minute}}},
		ClassMoney:       {Shared: true, Rules: []Rule{{Name: "money", Key: KeyBorrower, Limit: 30, Window: time.Minute}}},
		ClassUpload:      {Shared: true, Rules: []Rule{{Name: "upload", Key: KeyBorrower, Limit: 20, Window: time.Hour}}},
		// A text costs money, and unwanted ones are a nuisance to whoever owns the number. The range's
		// rule is for who makes money from texts: their numbers come in rows.
		ClassSMS: {Shared: true, Rules: []Rule{
			{Name: "sms-number", Key: KeyMobile, Limit: 1, Window: resendGap},
			{Name: "sms-number-hour", Key: KeyMobile, Limit: 5, Window: time.Hour},
			{Name: "sms-number-day", Key: KeyMobile, Limit: 10, Window: day},
			{Name: "sms-range", Key: KeyRange, Limit: 60, Window: time.Hour},
			{Name: "sms-address", Key: KeyIP, Limit: 20, Window: time.Hour},
			{Name: "sms-brand", Key: KeyBrand, Limit: 20_000, Window: day},
		}},
		ClassLogin: {Shared: true, Rules: []Rule{
			{Name: "login-number", Key: KeyMobile, Limit: 10, Window: 10 * time.Minute},
			{Name: "login-device", Key: KeyDevice, Limit: 20, Window: 10 * time.Minute},
			{Name: "login-address", Key: KeyIP, Limit: 60, Window: 10 * time.Minute},
		}},
		ClassRegister: {Shared: true, Rules: []Rule{
			{Name: "register-number", Key: KeyMobile, Limit: 10, Window: 10 * time.Minute},
			{Name: "register-device", Key: KeyDevice, Limit: 10, Window: time.Hour},
			{Name: "register-address", Key: KeyIP, Limit: 60, Window: 10 * time.Minute},
		}},
		// All guesses at one number's codes together. Twice the limit fits into the worst day (see Rule), each guess is right once in a
		// million: 24 leave an attacker 4.8 chances in 100,000 a day.
		ClassGuess:    {Shared: true, Rules: []Rule{{Name: "guess-number-day", Key: KeyMobile, Limit: 24, Window: day}}},
		ClassStepUp:   {Shared: true, Rules: []Rule{{Name: "step-up", Key: KeyBorrower, Limit: 10, Window: 10 * time.Minute}}},
		ClassOperator: {Rules: []Rule{{Name: "operator", Key: KeyOperator, Limit: 600, Window: time.Minute}}},
		// Nobody needs to see more people an hour than this, and a stolen key should not read all of them.
		ClassUnmask: {Shared: true, Rules: []Rule{{Name: "unmask", Key: KeyOperator, Limit: 120, Window: time.Hour}}},
		ClassCode:   {Shared: true, Rules: []Rule{{Name: "code-number", Key: KeyMobile, Limit: 20, Window: 10 * time.Minute}}},
	}
}
