package wire_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/wire"
	"pgregory.net/rapid"
)

func TestIDsSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(1, math.MaxInt64).Draw(t, "id")
		if got, err := wire.ParseID("id", wire.ID(id)); err != nil || got != id {
			t.Fatalf("%d: %d, %v", id, got, err)
		}
	})
	for _, text := range []string{"", "0", "-1", "+1", "1.0", "1e3", " 1", "9223372036854775808", strconv.Itoa(math.MinInt64)} {
		if got, err := wire.ParseID("id", text); !fault.Has(err, catalog.ValidationFailed) {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	if id, err := wire.ParseOptionalID("id", nil); id != 0 || err != nil || wire.ID(0) != "" {
		t.Errorf("absent: %d, %v", id, err)
	}
}

func TestParseKobo(t *testing.T) {
	if k, err := wire.ParseKobo("amount", "600000"); err != nil || k != 600_000 {
		t.Errorf("%d, %v", k, err)
	}
	for _, text := range []string{"", "-1", "1.5", "0600", "1000000000000001"} {
		if _, err := wire.ParseKobo("amount", text); !fault.Has(err, catalog.ValidationFailed) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestFlagsTimesAndTexts(t *testing.T) {
	one, zero := int32(1), int32(0)
	if !wire.IsSet(&one) || wire.IsSet(&zero) || wire.IsSet(nil) || wire.Flag(true) != 1 || wire.Flag(false) != 0 {
		t.Error("flags")
	}
	if wire.Int32(math.MaxInt64) != math.MaxInt32 || wire.Int32(-7) != -7 {
		t.Error("counts beyond 32 bits")
	}
	text := "2022-01-15 15:34:54"
	at, err := wire.ParseTime("eventTime", &text)
	if err != nil || wire.Time(at) != text || wire.TimePtr(&at) != text || wire.TimePtr(nil) != "" || wire.Time(time.Time{}) != "" {
		t.Errorf("%s, %v", at, err)
	}
	bad := "15.1.2022"
	if _, err := wire.ParseTime("eventTime", &bad); !fault.Has(err, catalog.ValidationFailed) {
		t.Errorf("%v", err)
	}
	if _, err := wire.ParseDate("birthday", "2001-02-29"); !fault.Has(err, catalog.ValidationFailed) {
		t.Errorf("%v", err)
	}
	if _, err := wire.CleanText("title", "a\x00b"); !fault.Has(err, catalog.ValidationFailed) {
		t.Errorf("%v", err)
	}
	if got, err := wire.CleanText("title", "  Ẹ káàrọ̀ "); err != nil || got != "Ẹ káàrọ̀" {
		t.Errorf("%q, %v", got, err)
	}
}
