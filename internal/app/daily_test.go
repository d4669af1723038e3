package app

import (
	"bytes"
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
	today := clock.DateOf(time.Now())
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
