package wire

import (
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/support"
)

// texts cleans the free texts of a request and remembers the first problem.
type texts struct{ err error }

func (t *texts) clean(field, text string) string {
	cleaned, err := CleanText(field, text)
	if t.err == nil {
		t.err = err
	}
	return cleaned
}

// need is clean for a text that must say something.
func (t *texts) need(field, text string) string {
	cleaned := t.clean(field, text)
	if cleaned == "" && t.err == nil {
		t.err = fault.Invalid(field, "must not be blank")
	}
	return cleaned
}

// deviceTime reads an instant by a device's clock; absent is the zero instant. It returns VALIDATION_FAILED for a time that does
// not exist and for one before 2000, which is a clock that was never set.
func deviceTime(field string, text *string) (time.Time, error) {
	at, err := ParseTime(field, text)
	if err == nil && !at.IsZero() && at.Year() < 2000 {
		err = fault.Invalid(field, "must not be before the year 2000")
	}
	return at, err
}

// Device reads what a device says about itself. It returns VALIDATION_FAILED for a text that is blank or has control characters.
func Device(p api.PhoneAdapter) (store.Device, error) {
	var t texts
	d := store.Device{
		ID: t.need("deviceId", p.DeviceID), Maker: t.need("brand", p.Brand), Model: t.need("model", p.Model), OS: string(p.OsName),
		OSVersion: t.need("osVersion", p.OsVersion), AppVersion: t.need("appVersion", p.AppVersion), Language: Text(p.Language),
		Timezone: Text(p.Timezone), Rooted: IsSet(p.IsRooted), ScreenWidth: Int(p.ScreenWidth), ScreenHeight: Int(p.ScreenHeight),
	}
	return d, t.err
}

// Activity reads a sign of life of the app; the session says which device it is. It returns VALIDATION_FAILED for a wrong time
// and a text with control characters.
func Activity(a api.UserPhoneActive) (support.Activity, error) {
	at, err := deviceTime("eventTime", a.EventTime)
	if err != nil {
		return support.Activity{}, err
	}
	version, err := CleanText("appVersion", Text(a.AppVersion))
	return support.Activity{Event: int(a.Event), AppVersion: version, At: at}, err
}

// Position reads where a device is. Names and strengths of networks end here.
func Position(l api.UserWifiAndLocationVO) support.Position {
	p := support.Position{Latitude: l.Latitude, Longitude: l.Longitude}
	if l.Accuracy != nil {
		p.Accuracy = *l.Accuracy
	}
	for _, network := range l.Wifi {
		p.BSSIDs = append(p.BSSIDs, network.Bssid)
	}
	return p
}

// AdSource reads where an installation came from. It returns VALIDATION_FAILED for a wrong time, a blank source and a text
// with control characters.
func AdSource(a api.UserAdModel) (store.AdSource, error) {
	at, err := deviceTime("installTime", a.InstallTime)
	if err != nil {
		return store.AdSource{}, err
	}
	var t texts
	source := store.AdSource{
		Source: t.need("source", a.Source), Campaign: t.clean("campaign", Text(a.Campaign)), AdGroup: t.clean("adGroup", Text(a.AdGroup)),
		Creative: t.clean("creative", Text(a.Creative)), ClickID: t.clean("clickId", Text(a.ClickID)), InstalledAt: at,
	}
	return source, t.err
}

// LoanClick reads a step towards an application. It returns VALIDATION_FAILED for an id beyond 63 bits, a wrong time and a text
// with control characters.
func LoanClick(c api.LoanClickEvent) (support.LoanClick, error) {
	product, err := ParseID("productId", c.ProductID)
	if err != nil {
		return support.LoanClick{}, err
	}
	at, err := deviceTime("eventTime", c.EventTime)
	if err != nil {
		return support.LoanClick{}, err
	}
	page, err := CleanText("page", Text(c.Page))
	return support.LoanClick{Product: product, Event: int(c.Event), Page: page, At: at}, err
}

// Accepted is the answer that says nothing else.
func Accepted() api.Ack { return api.Ack{Accepted: 1} }
