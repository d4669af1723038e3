package creditpocket_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// always answers everything with one refusal that asks to wait.
type always struct{ seconds string }

func (a always) Do(r *http.Request) (*http.Response, error) {
	const body = `{"code":4290,"message":"Too many requests.","token":"1742643339300","data":{"reason":"RATE_LIMITED","requestId":"cp-12345678","fields":[],"retryable":true}}`
	return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Content-Type": {"application/json"}, "Retry-After": {a.seconds}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// A cancelled context ends a retry sleep at once. The clock of the test moves only while everybody sleeps, so "at once" is no time at
// all, however busy the machine is.
func TestRetrySleepWakesOnCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := creditpocket.New("http://server.example", creditpocket.WithHTTPClient(always{"30"}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		started := time.Now()
		time.AfterFunc(7*time.Second, cancel)
		_, err = c.Banks.List(ctx)
		if took := time.Since(started); took != 7*time.Second {
			t.Errorf("cancelled after 7 s, ended after %s", took)
		}
		if !errors.Is(err, context.Canceled) || !errors.Is(err, creditpocket.ErrRateLimited) {
			t.Errorf("%v: expected the cancellation and what was waited for", err)
		}

		// A deadline before the end of the sleep ends the call without any.
		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		started = time.Now()
		if _, err = c.Banks.List(ctx); time.Since(started) != 0 || !errors.Is(err, creditpocket.ErrRateLimited) {
			t.Errorf("after %s: %v", time.Since(started), err)
		}
	})
}
