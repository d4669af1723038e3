package wire_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/messaging"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/support"
	"github.com/creditpocket/creditpocket/internal/wire"
)

func ptr[T any](v T) *T { return &v }

// problem is the field and rule of a validation fault, or the error itself.
func problem(err error) string {
	var f *fault.Error
	if err == nil || !fault.Has(err, catalog.ValidationFailed) {
		return "no validation fault"
	}
	f, _ = err.(*fault.Error)
	return f.Fields[0].Name
}

func TestDeviceReports(t *testing.T) {
	phone := api.PhoneAdapter{DeviceID: "a1", Brand: " TECNO ", Model: "Spark", OsName: api.DeviceOsANDROID, OsVersion: "14", AppVersion: "3"}
	d, err := wire.Device(phone)
	if want := (store.Device{ID: "a1", Maker: "TECNO", Model: "Spark", OS: "ANDROID", OSVersion: "14", AppVersion: "3"}); err != nil || d != want {
		t.Errorf("got %+v, %v", d, err)
	}
	phone.Language, phone.IsRooted, phone.ScreenWidth, phone.ScreenHeight, phone.Timezone = ptr("en-NG"), ptr(int32(1)), ptr(int32(720)), ptr(int32(1612)), ptr("Africa/Lagos")
	if d, err = wire.Device(phone); err != nil || d.Language != "en-NG" || !d.Rooted || d.ScreenWidth != 720 || d.ScreenHeight != 1612 || d.Timezone != "Africa/Lagos" {
		t.Errorf("got %+v, %v", d, err)
	}
	for field, spoil := range map[string]func(p *api.PhoneAdapter){
		"deviceId": func(p *api.PhoneAdapter) { p.DeviceID = "  " },
		"model":    func(p *api.PhoneAdapter) { p.Model = "a\x00b" },
	} {
		broken := phone
		spoil(&broken)
		if _, err := wire.Device(broken); problem(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestDeviceTimes(t *testing.T) {
	at := time.Date(2025, 3, 22, 12, 35, 39, 0, clock.Lagos)
	for text, want := range map[string]time.Time{"": {}, "2025-03-22 12:35:39": at} {
		a, err := wire.Activity(api.UserPhoneActive{Event: 2, EventTime: &text, AppVersion: ptr("3")})
		if err != nil || a.Event != 2 || a.AppVersion != "3" || !a.At.Equal(want) {
			t.Errorf("%q: %+v, %v", text, a, err)
		}
		c, err := wire.LoanClick(api.LoanClickEvent{ProductID: "301", Event: 4, Page: ptr("home"), EventTime: &text})
		if err != nil || c.Product != 301 || c.Event != 4 || c.Page != "home" || !c.At.Equal(want) {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
		s, err := wire.AdSource(api.UserAdModel{Source: "store", InstallTime: &text, ClickID: ptr("x")})
		if err != nil || s.Source != "store" || s.ClickID != "x" || !s.InstalledAt.Equal(want) {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
	for _, text := range []string{"2025-02-30 00:00:00", "0000-01-01 00:00:00", "0001-01-01 00:00:00", "1999-12-31 23:59:59"} {
		_, activity := wire.Activity(api.UserPhoneActive{Event: 1, EventTime: &text})
		_, click := wire.LoanClick(api.LoanClickEvent{ProductID: "301", Event: 1, EventTime: &text})
		_, ad := wire.AdSource(api.UserAdModel{Source: "store", InstallTime: &text})
		if problem(activity) != "eventTime" || problem(click) != "eventTime" || problem(ad) != "installTime" {
			t.Errorf("%s: %v; %v; %v", text, activity, click, ad)
		}
	}
	if _, err := wire.LoanClick(api.LoanClickEvent{ProductID: "9999999999999999999", Event: 1}); problem(err) != "productId" {
		t.Errorf("an id beyond 63 bits: %v", err)
	}
	if _, err := wire.AdSource(api.UserAdModel{Source: " "}); problem(err) != "source" {
		t.Errorf("a blank source: %v", err)
	}
}

// Names of networks are personal: they end at the wire.
func TestPositionKeepsNoNames(t *testing.T) {
	got := wire.Position(api.UserWifiAndLocationVO{Latitude: 6.5, Longitude: 3.4, Accuracy: ptr(25.5),
		Wifi: []api.WifiNetwork{{Bssid: "02:00:5e:10:00:01", Ssid: ptr("home-5g"), Signal: ptr(int32(-61))}}})
	if want := (support.Position{Latitude: 6.5, Longitude: 3.4, Accuracy: 25.5, BSSIDs: []string{"02:00:5e:10:00:01"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestMessageQueryAndPage(t *testing.T) {
	if q := wire.MessageQuery(api.ListMessagesParams{}); q != (messaging.PageQuery{Number: 1, Size: 10}) {
		t.Errorf("default: %+v", q)
	}
	if q := wire.MessageQuery(api.ListMessagesParams{PageNum: ptr(int32(3)), PageSize: ptr(int32(100)), Type: ptr(int32(9))}); q != (messaging.PageQuery{Number: 3, Size: 100, Type: 9}) {
		t.Errorf("given: %+v", q)
	}
	page := wire.MessagePage(messaging.Page{Total: 3, List: []store.Message{{ID: 90017, Type: 3, Title: "T", Content: "C", Read: true,
		CreatedAt: time.Date(2025, 3, 22, 11, 31, 9, 0, time.UTC)}}})
	want := api.MessagePage{Total: "3", List: []api.Message{{ID: "90017", Type: 3, Title: "T", Content: "C", IsRead: 1, CreatedTime: "2025-03-22 12:31:09"}}}
	if !reflect.DeepEqual(page, want) {
		t.Errorf("got %+v", page)
	}
	if empty := wire.MessagePage(messaging.Page{}); empty.List == nil || empty.Total != "0" {
		t.Errorf("empty: %+v", empty)
	}
}

func TestSupportAndDictionaries(t *testing.T) {
	if category, limit := wire.HotQuestionQuery(nil); category != "" || limit != 0 {
		t.Errorf("no body: %q, %d", category, limit)
	}
	if category, limit := wire.HotQuestionQuery(&api.HotQuestionQuery{Category: ptr("cost"), Limit: ptr(int32(5))}); category != "cost" || limit != 5 {
		t.Errorf("%q, %d", category, limit)
	}
	bands := wire.IncomeBands([]store.IncomeBand{{Code: "1", Title: "low", Max: 4_999_999}, {Code: "2", Title: "high", Min: 5_000_000, Open: true}})
	want := api.IncomeBandList{List: []api.IncomeBand{{Code: "1", Title: "low", MinAmount: "0", MaxAmount: "4999999"}, {Code: "2", Title: "high", MinAmount: "5000000"}}}
	if !reflect.DeepEqual(bands, want) {
		t.Errorf("got %+v", bands)
	}
	if cities := wire.Cities(nil); cities.List == nil {
		t.Error("an empty list is null on the wire")
	}
}
