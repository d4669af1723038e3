// Package smssink is provider.SMS for development: texts go to an inbox on the developer's screen instead of a phone.
//
// The inbox is a list in memory and, if a directory is given, a file of JSON lines there, so that other processes and
// later runs see it too. The inbox shows one-time codes: it is for machines where nothing is real. The log gets the
// masked number and the length of the text, never the text.
//
// It may import internal/provider and internal/clock.
package smssink

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/provider"
)

// fileName is the inbox in Options.Dir.
const fileName = "sms.jsonl"

// Options steer a sink. The zero value keeps 200 messages in memory.
type Options struct {
	// Dir holds the shared inbox (made with mode 0700 if missing); "" keeps it in memory.
	Dir string
	// Keep is how many messages the inbox shows; 0 for 200.
	Keep int
	// Clock dates the messages; nil for the system's.
	Clock clock.Clock
	// Logger gets one line per message; nil for none.
	Logger *slog.Logger
}

// Message is one text in the inbox.
type Message struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Purpose string    `json:"purpose"`
	Text    string    `json:"text"`
}

// Sink is provider.SMS into an inbox. Safe for concurrent use.
type Sink struct {
	opts Options
	mu   sync.Mutex
	mem  []Message // oldest first; unused with a directory
}

var _ provider.SMS = (*Sink)(nil)

// New opens the inbox. It fails if the directory cannot be made. A file that grew beyond 4 MiB is cut to what the inbox
// shows.
func New(opts Options) (*Sink, error) {
	if opts.Keep <= 0 {
		opts.Keep = 200
	}
	if opts.Clock == nil {
		opts.Clock = clock.System{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sink{opts: opts}
	if opts.Dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("smssink: %w", err)
	}
	if info, err := os.Stat(s.path()); err == nil && info.Size() > 4<<20 {
		if err := s.trim(); err != nil {
			return nil, fmt.Errorf("smssink: %w", err)
		}
	}
	return s, nil
}

func (s *Sink) path() string { return filepath.Join(s.opts.Dir, fileName) }

// Send puts the text into the inbox. A bad number or an empty text is a *RejectedError; a file that cannot be written is
// ErrInconclusive.
func (s *Sink) Send(ctx context.Context, msg provider.SMSMessage) (provider.SMSReceipt, error) {
	if err := ctx.Err(); err != nil {
		return provider.SMSReceipt{}, fmt.Errorf("smssink: %w: %w", provider.ErrInconclusive, err)
	}
	switch {
	case !provider.ValidE164(msg.To):
		return provider.SMSReceipt{}, &provider.RejectedError{Type: "local", Code: "invalid_number"}
	case msg.Text == "":
		return provider.SMSReceipt{}, &provider.RejectedError{Type: "local", Code: "invalid_text"}
	}
	m := Message{ID: rand.Text(), At: s.opts.Clock.Now().UTC(), To: msg.To, Purpose: msg.Purpose, Text: msg.Text}
	if err := s.keep(m); err != nil {
		return provider.SMSReceipt{}, fmt.Errorf("smssink: %w: %w", provider.ErrInconclusive, err)
	}
	s.opts.Logger.LogAttrs(ctx, slog.LevelInfo, "sms", slog.String("to", provider.MaskPhone(msg.To)),
		slog.String("purpose", msg.Purpose), slog.Int("length", len(msg.Text)))
	return provider.SMSReceipt{MessageID: m.ID}, nil
}

// keep appends the message. The file is opened for each: other processes append to it, and one may replace it by trim.
func (s *Sink) keep(m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.Dir == "" {
		s.mem = append(s.mem, m)
		if extra := len(s.mem) - s.opts.Keep; extra > 0 {
			s.mem = slices.Delete(s.mem, 0, extra)
		}
		return nil
	}
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(s.path(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}

// Messages returns the inbox, newest first, of one phone or ("") of all. The number may have any form: what counts is
// that the stored one ends with its digits, leading zeros aside ("07000000003" finds "+2347000000003").
func (s *Sink) Messages(mobile string) ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.mem
	if s.opts.Dir != "" {
		var err error
		if all, err = s.read(); err != nil {
			return nil, fmt.Errorf("smssink: %w", err)
		}
	}
	suffix := significant(mobile)
	out := []Message{}
	for _, m := range slices.Backward(all) {
		if len(out) == s.opts.Keep {
			break
		}
		if strings.HasSuffix(m.To, suffix) {
			out = append(out, m)
		}
	}
	return out, nil
}

// read returns what the file holds, oldest first. Lines that cannot be read (another process is writing) are left out.
func (s *Sink) read() ([]Message, error) {
	raw, err := os.ReadFile(s.path())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Message
	for line := range bytes.Lines(raw) {
		var m Message
		if json.Unmarshal(line, &m) == nil && m.To != "" {
			out = append(out, m)
		}
	}
	return out, nil
}

// trim rewrites the file as the newest messages, by way of a new file.
func (s *Sink) trim() error {
	all, err := s.read()
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	encoder := json.NewEncoder(io.Writer(&buf))
	for _, m := range all[max(len(all)-s.opts.Keep, 0):] {
		if err := encoder.Encode(m); err != nil {
			return err
		}
	}
	next := s.path() + ".new"
	if err := os.WriteFile(next, buf.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(next, s.path())
}

// significant is the digits of a number without leading zeros.
func significant(mobile string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, mobile)
	return strings.TrimLeft(digits, "0")
}
