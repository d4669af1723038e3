package creditpocket

import "time"

// Language of messages to the borrower.
type Language string

// The languages.
const (
	English        Language = "en"
	NigerianPidgin Language = "pcm"
	Hausa          Language = "ha"
	Igbo           Language = "ig"
	Yoruba         Language = "yo"
)

// Platform of a device that gets push messages.
type Platform int32

// The platforms.
const (
	PlatformAndroid Platform = 1
	PlatformIOS     Platform = 2
	PlatformWeb     Platform = 3
)

// Settings are a borrower's own.
type Settings struct {
	Language Language `wire:"language"`
	// Marketing says that offers may be sent.
	Marketing bool `wire:"marketingConsent"`
	// Push says that push messages may be sent.
	Push  bool `wire:"pushEnabled"`
	Extra Extra
}

// SettingsChange changes some settings: what is "" or nil stays as it is.
type SettingsChange struct {
	Language  Language `wire:"language,omitempty"`
	Marketing *bool    `wire:"marketingConsent,omitempty"`
	Push      *bool    `wire:"pushEnabled,omitempty"`
}

// Topic subscribes a device to push messages.
type Topic struct {
	Name        string   `wire:"topic"`
	DeviceToken Secret   `wire:"deviceToken"`
	Platform    Platform `wire:"platform"`
}

// ConsentPurpose is what a borrower agrees to.
type ConsentPurpose string

// The purposes.
const (
	ConsentCreditCheck    ConsentPurpose = "CREDIT_CHECK"
	ConsentMarketing      ConsentPurpose = "MARKETING"
	ConsentLocation       ConsentPurpose = "LOCATION"
	ConsentDataProcessing ConsentPurpose = "DATA_PROCESSING"
)

// Consent is a text to agree to, and what the borrower decided.
type Consent struct {
	Purpose ConsentPurpose `wire:"purpose"`
	// PolicyVersion is of the text, to be sent back with the decision.
	PolicyVersion string `wire:"policyVersion"`
	Granted       bool   `wire:"granted"`
	Title         string `wire:"title"`
	Text          string `wire:"text"`
	// Required says that there is no loan without it.
	Required bool `wire:"required"`
	// Decided is the zero time when the borrower never decided.
	Decided time.Time `wire:"createdTime"`
	Extra   Extra
}

// ConsentDecision is what a borrower decides about a text.
type ConsentDecision struct {
	Purpose       ConsentPurpose `wire:"purpose"`
	PolicyVersion string         `wire:"policyVersion"`
	Granted       bool           `wire:"granted"`
}
