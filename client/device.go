package creditpocket

import "time"

// DeviceOS is a phone's operating system.
type DeviceOS string

// The operating systems.
const (
	Android DeviceOS = "ANDROID"
	IOS     DeviceOS = "IOS"
	Web     DeviceOS = "WEB"
)

// Device is the device of a session.
type Device struct {
	ID         string   `wire:"deviceId"`
	Brand      string   `wire:"brand"`
	Model      string   `wire:"model"`
	OS         DeviceOS `wire:"osName"`
	OSVersion  string   `wire:"osVersion"`
	AppVersion string   `wire:"appVersion"`
	// Language is BCP 47.
	Language string `wire:"language,omitempty"`
	// TimeZone is an IANA name.
	TimeZone string `wire:"timezone,omitempty"`
	// Rooted is nil when not known.
	Rooted       *bool `wire:"isRooted,omitempty"`
	ScreenWidth  int32 `wire:"screenWidth,omitempty"`
	ScreenHeight int32 `wire:"screenHeight,omitempty"`
}

// ActivityEvent is what happened to the app.
type ActivityEvent int32

// The events.
const (
	AppOpened       ActivityEvent = 1
	AppForegrounded ActivityEvent = 2
)

// Activity says that the app is in use.
type Activity struct {
	Event      ActivityEvent `wire:"event"`
	DeviceID   string        `wire:"deviceId,omitempty"`
	AppVersion string        `wire:"appVersion,omitempty"`
	// Time is when it happened; the zero time is now.
	Time time.Time `wire:"eventTime,omitempty"`
}

// Location is where the device is. It needs the borrower's consent (ErrConsentRequired).
type Location struct {
	Latitude  float64 `wire:"latitude"`
	Longitude float64 `wire:"longitude"`
	// Accuracy is in metres; nil when not known.
	Accuracy *float64 `wire:"accuracy,omitempty"`
	WiFi     []WiFi   `wire:"wifi,omitempty"`
}

// WiFi is a wireless network in reach.
type WiFi struct {
	BSSID string `wire:"bssid"`
	SSID  string `wire:"ssid,omitempty"`
	// Signal is in dBm; nil when not known.
	Signal *int32 `wire:"signal,omitempty"`
}

// AddressBookEntry is a contact of the device.
type AddressBookEntry struct {
	Name   string `wire:"name"`
	Mobile string `wire:"mobile"`
}

type addressBook struct {
	Contacts []AddressBookEntry `wire:"contacts"`
}

// ShortMessage is a text message of the device.
type ShortMessage struct {
	Address  string    `wire:"address"`
	Body     string    `wire:"body"`
	Received time.Time `wire:"receivedTime"`
}

type shortMessages struct {
	Messages []ShortMessage `wire:"messages"`
}

// AdSource is where an installation came from.
type AdSource struct {
	Source   string `wire:"source"`
	Campaign string `wire:"campaign,omitempty"`
	AdGroup  string `wire:"adGroup,omitempty"`
	Creative string `wire:"creative,omitempty"`
	ClickID  string `wire:"clickId,omitempty"`
	// Installed is the zero time when not known.
	Installed time.Time `wire:"installTime,omitempty"`
}

// LoanEvent is a step of the way to an application.
type LoanEvent int32

// The events.
const (
	LoanViewed        LoanEvent = 1
	LoanClicked       LoanEvent = 2
	ApplicationOpened LoanEvent = 3
	ApplicationLeft   LoanEvent = 4
)

// LoanClick is a step of the way to an application for a product.
type LoanClick struct {
	ProductID string    `wire:"productId"`
	Event     LoanEvent `wire:"event"`
	Page      string    `wire:"page,omitempty"`
	// Time is when it happened; the zero time is now.
	Time time.Time `wire:"eventTime,omitempty"`
}
