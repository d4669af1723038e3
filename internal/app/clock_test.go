package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// commandEnviron is the environment of a command on a fresh development database, and the database's URL.
func commandEnviron(t *testing.T) (environ []string, url string) {
	t.Helper()
	url = testkit.Database(t, func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler))
		return err
	}, store.MigrationsKey())
	return []string{"DATABASE_URL=" + url, "CP_DATA_DIR=" + t.TempDir(), "CP_LOG_LEVEL=error"}, url
}

func TestEveryProcessFollowsTheBusinessClock(t *testing.T) {
	environ, url := commandEnviron(t)
	var followers []*clock.Offset
	for range 2 {
		c := clock.NewOffset(clock.System{}, 0)
		stop, err := followClock(t.Context(), testkit.OpenStore(t, url, testkit.Keys(t), c), c, 10*time.Millisecond, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		followers = append(followers, c)
	}
	reach := func(want time.Duration) {
		t.Helper()
		for _, c := range followers {
			for deadline := time.Now().Add(10 * time.Second); c.By() != want; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("a process is %s ahead, want %s", c.By(), want)
				}
			}
		}
	}
	var out bytes.Buffer
	if err := ClockAdvance(t.Context(), environ, "3d12h", &out); err != nil || !strings.Contains(out.String(), "3d12h0m0s ahead") {
		t.Errorf("%v: %s", err, &out)
	}
	reach(84 * time.Hour)
	if err := ClockAdvance(t.Context(), environ, "12h", &out); err != nil {
		t.Error(err)
	}
	reach(96 * time.Hour)
	out.Reset()
	if err := ClockShow(t.Context(), environ, &out); err != nil || !strings.Contains(out.String(), clock.DateOf(time.Now()).AddDays(4).String()) || !strings.Contains(out.String(), " 4d ahead") {
		t.Errorf("%v: %s", err, &out)
	}
	// A process that starts now is there from the beginning.
	late := clock.NewOffset(clock.System{}, 0)
	stop, err := followClock(t.Context(), testkit.OpenStore(t, url, testkit.Keys(t), late), late, time.Hour, slog.New(slog.DiscardHandler))
	if err != nil || late.By() != 96*time.Hour {
		t.Fatalf("%s ahead, %v", late.By(), err)
	}
	stop()
	if err := ClockReset(t.Context(), environ, &out); err != nil {
		t.Error(err)
	}
	reach(0)
}

func TestProductionHasNoBusinessClock(t *testing.T) {
	environ, _ := commandEnviron(t)
	production := append(environ, "CP_ENV=production")
	var out bytes.Buffer
	for name, err := range map[string]error{
		"show":    ClockShow(t.Context(), production, &out),
		"advance": ClockAdvance(t.Context(), production, "3d", &out),
		"reset":   ClockReset(t.Context(), production, &out),
	} {
		if !errors.Is(err, errProductionClock) || out.Len() > 0 {
			t.Errorf("%s: %v, %q", name, err, &out)
		}
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"3d": 72 * time.Hour, "1d6h30m": 30*time.Hour + 30*time.Minute, "90m": 90 * time.Minute, "0d1s": time.Second, "9999d": 9999 * 24 * time.Hour,
	} {
		if got, err := parseSpan(text); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "3", "-3d", "3d-1h", "1h3d", "0d", "0s", "1ms", "three days", "3D", "99999d", "3d ", "900000h"} {
		if got, err := parseSpan(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
	for want, d := range map[string]time.Duration{"0s": 0, "3d": 72 * time.Hour, "1d6h0m0s": 30 * time.Hour, "1m30s": 90 * time.Second} {
		if got := spanText(d); got != want {
			t.Errorf("%s is written %q, want %q", d, got, want)
		}
	}
}
