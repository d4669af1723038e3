//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/creditpocket/creditpocket/bench/rig"
	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/lending"
)

// kind is one kind of request of the mix.
type kind struct {
	name   string
	weight int // of 100
	costly bool
	ask    func(m *mix, n int64) (method, path, contentType, token string, body []byte)
}

// kinds are what borrowers' apps ask for: mostly the pages that an app shows at its start, and now and then what moves money.
var kinds = []kind{
	{"home products", 16, false, read("/home/product")},
	{"latest open loan", 20, false, read("/loan/record/latest/open")},
	{"history page", 20, false, read("/loan/record/page?pageNum=1&pageSize=10")},
	{"messages", 12, false, read("/message/page?pageNum=1&pageSize=10")},
	{"what is owed today", 8, false, read("/loan/record/payoff")},
	{"profile status", 8, false, read("/user/info/status")},
	{"activity report", 8, false, func(m *mix, n int64) (string, string, string, string, []byte) {
		return http.MethodPost, "/device/active", "application/json", m.reader().Token, []byte(`{"event":1,"deviceId":"load","appVersion":"1.0.0"}`)
	}},
	{"repayment by card", 4, true, func(m *mix, n int64) (string, string, string, string, []byte) {
		c := m.crowd.Debtors[int(n)%len(m.crowd.Debtors)]
		return http.MethodPost, "/loan/record/repay", "application/json", c.Token, fmt.Appendf(nil, `{"id":"%d","cardId":"%d","amount":"100"}`, c.Loan, c.Account)
	}},
	{"login", 2, true, func(m *mix, n int64) (string, string, string, string, []byte) {
		c := m.crowd.Logins[int(n)%len(m.crowd.Logins)]
		return http.MethodPost, "/user/login", "application/json", "", fmt.Appendf(nil, `{"mobile":%q,"password":%q}`, c.Mobile, rig.LoginPassword)
	}},
	{"application", 2, true, func(m *mix, n int64) (string, string, string, string, []byte) {
		c := m.crowd.Applicants[int(n)%len(m.crowd.Applicants)]
		return http.MethodPost, "/loan/record/apply", m.formType, c.Token, m.form
	}},
}

func read(path string) func(m *mix, n int64) (string, string, string, string, []byte) {
	return func(m *mix, _ int64) (string, string, string, string, []byte) {
		return http.MethodGet, path, "", m.reader().Token, nil
	}
}

// mix makes the requests. Readers are drawn at random; who writes takes turns, so that nobody is in her own way.
type mix struct {
	base     string
	crowd    rig.Crowd
	client   *http.Client
	form     []byte
	formType string
	turns    []atomic.Int64
}

func newMix(base string, crowd rig.Crowd) (*mix, error) {
	m := &mix{base: base, crowd: crowd, turns: make([]atomic.Int64, len(kinds)),
		client: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4096, MaxIdleConns: 4096, DisableCompression: true}}}
	selfie, err := journey.Photo(480, 640, 1)
	if err != nil {
		return nil, err
	}
	document, err := journey.Photo(640, 400, 2)
	if err != nil {
		return nil, err
	}
	m.form, m.formType, err = journey.ApplyForm(fmt.Sprint(lending.DemoProducts()[0].ID), "", selfie, document)
	return m, err
}

func (m *mix) reader() rig.Caller { return m.crowd.Readers[rand.IntN(len(m.crowd.Readers))] }

// draw chooses a kind by its weight.
func (m *mix) draw() int {
	n := rand.IntN(100)
	for i, k := range kinds {
		if n -= k.weight; n < 0 {
			return i
		}
	}
	return 0
}

// outcome is what became of one request.
type outcome struct {
	kind   int
	due    time.Duration // since the load began
	took   time.Duration // since it was due
	status int
	wrong  string // what should not have happened
}

func (o outcome) good() bool   { return o.status == http.StatusOK && o.wrong == "" }
func (o outcome) turned() bool { return o.wrong == "" && !o.good() }

// send sends one request of a kind and says what came of it.
func (m *mix) send(ctx context.Context, i int) (status int, wrong string) {
	n := m.turns[i].Add(1)
	method, path, contentType, token, body := kinds[i].ask(m, n)
	req, err := http.NewRequestWithContext(ctx, method, m.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("Idempotency-Key", fmt.Sprintf("load-%d-%d", i, n))
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := m.client.Do(req)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return 0, "cut off"
		}
		return 0, fmt.Sprintf("%s: %v", kinds[i].name, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return resp.StatusCode, fmt.Sprintf("%s: %v", kinds[i].name, err)
	case resp.StatusCode == http.StatusOK:
		return resp.StatusCode, ""
	case (resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusTooManyRequests) && resp.Header.Get("Retry-After") != "":
		return resp.StatusCode, ""
	}
	var envelope struct{ Data struct{ Reason string } }
	_ = json.Unmarshal(raw, &envelope) // what is no envelope has no reason
	return resp.StatusCode, fmt.Sprintf("%s: %d %s", kinds[i].name, resp.StatusCode, envelope.Data.Reason)
}
