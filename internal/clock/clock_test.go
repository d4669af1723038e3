package clock_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"pgregory.net/rapid"
)

func TestDateOfIsTheDateInLagosWhateverTheZone(t *testing.T) {
	honolulu := time.FixedZone("HST", -10*60*60)
	kiritimati := time.FixedZone("+14", 14*60*60)
	rapid.Check(t, func(t *rapid.T) {
		midnight := rapid.Int64Range(-20_000, 60_000).Draw(t, "day")*86_400 - 3600 // midnight in Lagos is 23:00 UTC
		around := rapid.Int64Range(-5, 5).Draw(t, "second")
		at := time.Unix(midnight+around, rapid.Int64Range(0, 999_999_999).Draw(t, "nano"))
		want := clock.DateOf(at.UTC())
		for _, zone := range []*time.Location{clock.Lagos, honolulu, kiritimati} {
			if got := clock.DateOf(at.In(zone)); got != want {
				t.Fatalf("%s in %s: %s, in UTC %s", at, zone, got, want)
			}
		}
		inside := !want.Start().After(at) && at.Before(want.AddDays(1).Start())
		if !inside {
			t.Fatalf("%s is outside %s", at, want)
		}
		other := clock.DateOf(time.Unix(midnight, 0))
		if d := want.Sub(other); (around < 0) != (d == -1) || (around >= 0) != (d == 0) {
			t.Fatalf("%d s from midnight is %d days away", around, d)
		}
	})
}

func TestDateArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := clock.NewDate(rapid.IntRange(1900, 2200).Draw(t, "y"), time.Month(rapid.IntRange(1, 12).Draw(t, "m")), rapid.IntRange(1, 28).Draw(t, "d"))
		n := rapid.IntRange(-100_000, 100_000).Draw(t, "n")
		moved := d.AddDays(n)
		if moved.Sub(d) != n || moved.AddDays(-n) != d || moved.After(d) != (n > 0) || moved.Before(d) != (n < 0) {
			t.Fatalf("%s + %d days = %s", d, n, moved)
		}
		back, err := clock.ParseDate(d.String())
		if err != nil || back != d {
			t.Fatalf("%s came back as %s, %v", d, back, err)
		}
		if later := d.Later(moved); later != d && later != moved || later.Before(d) || later.Before(moved) {
			t.Fatalf("later of %s and %s is %s", d, moved, later)
		}
	})
	if got := clock.NewDate(2024, 2, 29).AddDays(1); got != clock.NewDate(2024, 3, 1) {
		t.Errorf("leap day + 1 = %s", got)
	}
}

func TestParseDateRefusesOtherForms(t *testing.T) {
	for _, s := range []string{"", "2022-1-5", "2022-02-30", "22-01-05", "2022/01/05", "2022-01-05 ", "2022-01-05T00:00:00Z"} {
		if _, err := clock.ParseDate(s); !errors.Is(err, clock.ErrDate) {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

func TestDateAsJSON(t *testing.T) {
	type holder struct{ D clock.Date }
	for text, want := range map[string]clock.Date{`{"D":"2022-01-05"}`: clock.NewDate(2022, 1, 5), `{"D":""}`: {}} {
		var h holder
		if err := json.Unmarshal([]byte(text), &h); err != nil || h.D != want {
			t.Errorf("%s: %v, %v", text, h, err)
		}
		if out, err := json.Marshal(h); err != nil || string(out) != text {
			t.Errorf("%s came back as %s, %v", text, out, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"D":"tomorrow"}`), &holder{}); !errors.Is(err, clock.ErrDate) {
		t.Errorf("got %v", err)
	}
}

func TestAgeOn(t *testing.T) {
	leap := clock.NewDate(2000, 2, 29)
	for _, c := range []struct {
		on   clock.Date
		want int
	}{{clock.NewDate(2018, 2, 28), 17}, {clock.NewDate(2018, 3, 1), 18}, {clock.NewDate(2020, 2, 29), 20}, {clock.NewDate(2000, 2, 28), -1}} {
		if got := leap.AgeOn(c.on); got != c.want {
			t.Errorf("on %s: %d, want %d", c.on, got, c.want)
		}
	}
}

func TestWireForm(t *testing.T) {
	at, err := clock.ParseWire("2022-01-15 15:34:54")
	if err != nil || !at.Equal(time.Date(2022, 1, 15, 14, 34, 54, 0, time.UTC)) {
		t.Fatalf("got %s, %v", at, err)
	}
	if got := clock.FormatWire(at.UTC()); got != "2022-01-15 15:34:54" {
		t.Errorf("came back as %s", got)
	}
	if none, err := clock.ParseWire(""); err != nil || clock.FormatWire(none) != "" {
		t.Errorf("absent: %s, %v", none, err)
	}
	for _, s := range []string{"2022-01-15", "2022-01-15T15:34:54Z", "2022-01-15 25:00:00", "2022-01-15 15:34:54.5", "now"} {
		if _, err := clock.ParseWire(s); !errors.Is(err, clock.ErrWire) {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

func TestClocks(t *testing.T) {
	start := time.Date(2022, 1, 1, 12, 0, 0, 0, time.UTC)
	manual := clock.NewManual(start)
	offset := clock.NewOffset(manual, time.Hour)
	if !offset.Now().Equal(start.Add(time.Hour)) {
		t.Errorf("offset clock at %s", offset.Now())
	}
	if at := manual.Advance(3 * 24 * time.Hour); !at.Equal(manual.Now()) || !offset.Now().Equal(start.Add(73*time.Hour)) {
		t.Errorf("after advance: %s and %s", at, offset.Now())
	}
	if by := offset.Advance(time.Minute); by != 61*time.Minute || offset.By() != by {
		t.Errorf("offset %s, %s", by, offset.By())
	}
	offset.SetOffset(0)
	manual.Set(start)
	if !offset.Now().Equal(start) {
		t.Errorf("reset clocks at %s", offset.Now())
	}
	if skew := time.Since(clock.System{}.Now()); skew < 0 || skew > time.Minute {
		t.Errorf("system clock is off by %s", skew)
	}
}
