package testkit

import (
	"context"
	"fmt"
	"log/slog"
	"os"
)

// announcements lets warnings and downloads of the server's start through to the terminal, and nothing else: a passing
// test is silent.
type announcements struct{}

func (announcements) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

func (announcements) Handle(_ context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn && r.Message != "downloading PostgreSQL" {
		return nil
	}
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	_, err := fmt.Fprintln(os.Stderr, "testkit:", text)
	return err
}

func (a announcements) WithAttrs([]slog.Attr) slog.Handler { return a }
func (a announcements) WithGroup(string) slog.Handler      { return a }
