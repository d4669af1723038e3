package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// app is one borrower's phone: it repeats what got no answer, with the same key, as an app on a bad network does.
type app struct {
	base   string
	client *http.Client
	token  string
	diary  *diary
	counts *counts
}

// answer is an envelope, and when it was asked for and came.
type answer struct {
	Status   int
	Code     int
	Reason   string
	Data     json.RawMessage
	From, To time.Duration
}

func (a answer) ok() bool { return a.Status == http.StatusOK && a.Code == 1 }

func (a answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Reason) }

// patience is how long one request is repeated.
const patience = 40 * time.Second

// errGaveUp says that a request got no conclusive answer: whether it was done is not known.
var errGaveUp = errors.New("no conclusive answer")

type request struct {
	method, path string
	contentType  string
	body         []byte
	key          string
}

// send repeats a request until it has a conclusive answer. The times are those of the first asking and of the answer.
func (a *app) send(ctx context.Context, r request) (answer, error) {
	began, deadline := a.diary.now(), time.Now().Add(patience)
	for wait := 30 * time.Millisecond; ; wait = min(2*wait, 400*time.Millisecond) {
		got, err := a.once(ctx, r)
		if err == nil && !again(got) {
			got.From = began
			return got, nil
		}
		if time.Now().After(deadline) {
			return got, fmt.Errorf("%s %s: %w (last: %s, %v)", r.method, r.path, errGaveUp, got, err)
		}
		if err := pause(ctx, wait); err != nil {
			return got, fmt.Errorf("%s %s: %w", r.method, r.path, errGaveUp)
		}
	}
}

// again says whether an answer leaves open what became of the request.
func again(a answer) bool {
	return a.Status >= 500 || a.Status == http.StatusTooManyRequests || a.Reason == "OPERATION_IN_PROGRESS" || a.Reason == "PAYMENT_IN_PROGRESS"
}

// once sends a request one time.
func (a *app) once(ctx context.Context, r request) (answer, error) {
	got := answer{From: a.diary.now()}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, a.base+r.path, bytes.NewReader(r.body))
	if err != nil {
		return got, err
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	res, err := a.client.Do(req)
	if err != nil {
		a.counts.add("calls without an answer", 1)
		return got, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		a.counts.add("calls without an answer", 1)
		return got, err
	}
	got.Status, got.To = res.StatusCode, a.diary.now()
	a.counts.add("calls answered", 1)
	var envelope struct {
		Code int
		Data json.RawMessage
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return got, err
	}
	got.Code, got.Data = envelope.Code, envelope.Data
	if got.Code != 1 {
		var problem struct{ Reason string }
		_ = json.Unmarshal(got.Data, &problem) // a problem without a reason is one
		got.Reason = problem.Reason
		if got.Status == http.StatusInternalServerError {
			a.diary.oddity(fmt.Sprintf("%s %s: %d %s", r.method, r.path, got.Status, got.Reason))
		}
	}
	return got, nil
}

func (a *app) get(ctx context.Context, path string) (answer, error) {
	return a.send(ctx, request{method: http.MethodGet, path: path})
}

func (a *app) post(ctx context.Context, path string, body any, key string) (answer, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return answer{}, err
	}
	return a.send(ctx, request{method: http.MethodPost, path: path, contentType: "application/json", body: raw, key: key})
}

// want decodes the data of a success.
func want[T any](a answer, err error) (T, error) {
	var data T
	switch {
	case err != nil:
		return data, err
	case !a.ok():
		return data, fmt.Errorf("expected a success, got %s", a)
	}
	return data, json.Unmarshal(a.Data, &data)
}

// pay presses Pay on the gateway's page until it is answered. A page that is closed was paid by an earlier press.
func (a *app) pay(ctx context.Context, page, card, reference string) error {
	a.diary.press(reference)
	for deadline := time.Now().Add(patience); ; {
		status, err := a.press(ctx, page, card)
		if err == nil && (status == http.StatusOK || status == http.StatusConflict) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the gateway's page: %w", errGaveUp)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func (a *app) press(ctx context.Context, page, card string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, page+"/pay", strings.NewReader(url.Values{"card": {card}}.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	res, err := a.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
