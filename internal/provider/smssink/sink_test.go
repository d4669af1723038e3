package smssink_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/providertest"
	"github.com/creditpocket/creditpocket/internal/provider/smssink"
)

func open(t *testing.T, opts smssink.Options) *smssink.Sink {
	t.Helper()
	s, err := smssink.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, s *smssink.Sink, to, text string) {
	t.Helper()
	if _, err := s.Send(t.Context(), provider.SMSMessage{To: to, Text: text, Purpose: "otp"}); err != nil {
		t.Fatal(err)
	}
}

func texts(t *testing.T, s *smssink.Sink, mobile string) []string {
	t.Helper()
	messages, err := s.Messages(mobile)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range messages {
		out = append(out, m.Text)
	}
	return out
}

// TestConformance runs the suite of the port, in memory and in a directory.
func TestConformance(t *testing.T) {
	for _, kept := range []string{"memory", "directory"} {
		t.Run(kept, func(t *testing.T) {
			providertest.SMS(t, func(t *testing.T) providertest.SMSHarness {
				opts := smssink.Options{}
				if kept == "directory" {
					opts.Dir = filepath.Join(t.TempDir(), "new")
				}
				s := open(t, opts)
				return providertest.SMSHarness{Sender: s, Inbox: func(t *testing.T, to string) []string {
					out := texts(t, s, to)
					slices.Reverse(out)
					return out
				}}
			})
		})
	}
}

// TestSeveralProcesses: two sinks over one directory see each other's messages, and so does one opened later.
func TestSeveralProcesses(t *testing.T) {
	dir := t.TempDir()
	one, two := open(t, smssink.Options{Dir: dir}), open(t, smssink.Options{Dir: dir})
	send(t, one, "+2347000000003", "first")
	send(t, two, "+2347000000003", "second")
	for name, s := range map[string]*smssink.Sink{"one": one, "two": two, "later": open(t, smssink.Options{Dir: dir})} {
		if got := texts(t, s, ""); !slices.Equal(got, []string{"second", "first"}) {
			t.Errorf("%s sees %q", name, got)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "sms.jsonl"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the inbox has mode %v, %v", info.Mode(), err)
	}
}

// TestKeep: the newest stay, in memory, in what a directory shows, and in a file that grew too long.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	memory, kept := open(t, smssink.Options{Keep: 3}), open(t, smssink.Options{Keep: 3, Dir: dir})
	for i := range 5 {
		send(t, memory, "+2347000000003", fmt.Sprint(i))
		send(t, kept, "+2347000000003", fmt.Sprint(i))
	}
	for _, s := range []*smssink.Sink{memory, kept} {
		if got := texts(t, s, ""); !slices.Equal(got, []string{"4", "3", "2"}) {
			t.Errorf("kept %q", got)
		}
	}
	send(t, kept, "+2347000000003", strings.Repeat("x", 5<<20))
	send(t, kept, "+2347000000003", "last")
	again := open(t, smssink.Options{Keep: 1, Dir: dir})
	if info, err := os.Stat(filepath.Join(dir, "sms.jsonl")); err != nil || info.Size() > 1000 {
		t.Errorf("after opening the file has %d bytes, %v", info.Size(), err)
	}
	if got := texts(t, again, ""); !slices.Equal(got, []string{"last"}) {
		t.Errorf("kept %.50q", got)
	}
}

// TestLogIsBlind: the log has the masked number and the length, never the code.
func TestLogIsBlind(t *testing.T) {
	var log bytes.Buffer
	s := open(t, smssink.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	send(t, s, "+2347000000003", "Your code is 424242")
	line := log.String()
	if strings.Contains(line, "424242") || strings.Contains(line, "7000000003") || !strings.Contains(line, "***003") || !strings.Contains(line, "length=19") {
		t.Errorf("log says %q", line)
	}
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestInbox(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := open(t, smssink.Options{Clock: clock.NewManual(at)})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	send(t, s, "+2347000000003", "code 111111")
	send(t, s, "+2347000000004", "code 222222 <script>")
	send(t, s, "+2347000000003", "code 333333")

	for query, want := range map[string][]string{
		"":                                  {"code 333333", "code 222222 <script>", "code 111111"},
		"?mobile=7000000003":                {"code 333333", "code 111111"},
		"?mobile=07000000003":               {"code 333333", "code 111111"},
		"?mobile=2347000000003":             {"code 333333", "code 111111"},
		"?mobile=%2B234%20700%20000%200004": {"code 222222 <script>"},
		"?mobile=0800":                      nil,
	} {
		res, body := get(t, server.URL+"/sms.json"+query)
		var in struct{ Messages []smssink.Message }
		if err := json.Unmarshal([]byte(body), &in); err != nil || res.StatusCode != 200 || !strings.Contains(body, `"messages":[`) {
			t.Fatalf("%s: %d %s", query, res.StatusCode, body)
		}
		var got []string
		for _, m := range in.Messages {
			got = append(got, m.Text)
			if !m.At.Equal(at) || m.Purpose != "otp" || m.ID == "" {
				t.Errorf("message is %+v", m)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s shows %q, want %q", query, got, want)
		}
	}

	res, page := get(t, server.URL+"/sms?mobile=7000000004")
	if !strings.Contains(page, "222222 &lt;script&gt;") || strings.Contains(page, "111111") || strings.Contains(page, "<script") || strings.Contains(page, "style=") {
		t.Errorf("page is %s", page)
	}
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") {
		t.Errorf("policy is %q", csp)
	}
	if res, _ := get(t, server.URL+"/sms.css"); res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/css") {
		t.Errorf("style is %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
}
