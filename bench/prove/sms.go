package main

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// smsVendor is the vendor of text messages: every replica sends through it, and the borrowers read their codes from it.
type smsVendor struct {
	server *http.Server
	url    string
	mu     sync.Mutex
	codes  map[string]string // number without "+" -> the latest code
	sent   int
}

func startSMS() (*smsVendor, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	v := &smsVendor{codes: map[string]string{}, url: "http://" + l.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/sms/send", v.take)
	v.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = v.server.Serve(l) }()
	return v, nil
}

func (v *smsVendor) take(w http.ResponseWriter, r *http.Request) {
	var in struct{ To, SMS string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in); err != nil {
		http.Error(w, `{"code":400,"message":"bad"}`, http.StatusBadRequest)
		return
	}
	v.mu.Lock()
	v.sent++
	if code := sixDigits(in.SMS); code != "" {
		v.codes[in.To] = code
	}
	v.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"code":"ok","message_id":"9122821270554876574","message":"Successfully Sent","balance":9,"user":"prove"}`))
}

// code is the latest code sent to a local number, "" for none.
func (v *smsVendor) code(mobile string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.codes["234"+mobile]
}

func (v *smsVendor) close() { _ = v.server.Close() }

func sixDigits(text string) string {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(word) == 6 {
			return word
		}
	}
	return ""
}
