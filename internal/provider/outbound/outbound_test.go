package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider/outbound"
)

func TestParseBase(t *testing.T) {
	for text, want := range map[string]string{
		"https://api.example.com/":    "https://api.example.com",
		"https://api.example.com/v3/": "https://api.example.com/v3",
		"http://127.0.0.1:8081":       "http://127.0.0.1:8081",
		"http://[::1]:8081":           "http://[::1]:8081",
		"http://localhost:8081":       "http://localhost:8081",
		"http://10.0.0.1":             "",
		"http://127.0.0.1.evil.com":   "",
		"https://u:p@api.example.com": "",
		"https://api.example.com#x":   "",
		"https://:443":                "",
		"file:///etc/passwd":          "",
		"api.example.com":             "",
		"":                            "",
	} {
		got, err := outbound.ParseBase(text)
		if (want == "") != (err != nil) || (err == nil && got.String() != want) {
			t.Errorf("%q is read as %v, %v", text, got, err)
		}
		if err != nil && text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("error %q quotes the URL", err)
		}
	}
}

// TestOnlyTheHost: a client made for one host refuses to dial another, even when asked directly.
func TestOnlyTheHost(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	base, err := url.Parse("https://api.example.com")
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, other.URL+"/?account_number=0123456789", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = outbound.Do(outbound.NewClient(base, time.Second), req, 1<<20)
	if err == nil || reached || !strings.Contains(err.Error(), "allow-list") || strings.Contains(err.Error(), "0123456789") {
		t.Errorf("error is %v, reached %v", err, reached)
	}
}

func TestLimit(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(make([]byte, 1000)) }))
	defer server.Close()
	base, err := outbound.ParseBase(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := outbound.NewClient(base, time.Second)
	for limit, want := range map[int64]error{999: outbound.ErrTooLarge, 1000: nil} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, raw, err := outbound.Do(client, req, limit); !errors.Is(err, want) || (want == nil && len(raw) != 1000) {
			t.Errorf("limit %d: %d bytes, %v", limit, len(raw), err)
		}
	}
}
