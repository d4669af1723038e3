package app

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
)

func TestDailyCommandGoesByTheBusinessClock(t *testing.T) {
	environ, _ := commandEnviron(t)
	daily := func(through string) (string, error) {
		var out bytes.Buffer
		err := Daily(t.Context(), environ, through, &out)
		return out.String(), err
	}
	// It is noon, so that the day does not end while the test looks at it.
	now := time.Now()
	ahead := clock.DateOf(now).AddDays(1).Start().Add(12 * time.Hour).Sub(now).Truncate(time.Second)
	if err := ClockAdvance(t.Context(), environ, ahead.String(), io.Discard); err != nil {
		t.Fatal(err)
	}
	today := clock.DateOf(now.Add(ahead))
	if text, err := daily(""); err != nil || !strings.Contains(text, "RESULT daily through="+today.String()+" dates=1 ") || !strings.Contains(text, "90+") {
		t.Errorf("%v: %s", err, text)
	}
	if text, err := daily(today.String()); err != nil || !strings.Contains(text, " dates=0 ") {
		t.Errorf("%v: %s", err, text)
	}
	for _, bad := range []string{today.AddDays(2).String(), "tomorrow", "2026-02-30"} {
		if _, err := daily(bad); err == nil {
			t.Errorf("--through %s was accepted", bad)
		}
	}
	var out bytes.Buffer
	if err := ClockAdvance(t.Context(), environ, "2d", &out); err != nil {
		t.Fatal(err)
	}
	if text, err := daily(""); err != nil || !strings.Contains(text, "through="+today.AddDays(2).String()+" dates=2 ") {
		t.Errorf("%v: %s", err, text)
	}
}
