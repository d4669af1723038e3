package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/gen/spec"
)

// crowdFixture is a server whose logins and last-state requests stay inside until they are let go.
type crowdFixture struct {
	*fixture
	entered chan string
	release chan struct{}
	running sync.WaitGroup
}

func newCrowdFixture(t *testing.T, c Config) *crowdFixture {
	f := &crowdFixture{fixture: newFixture(t, c), entered: make(chan string, 100), release: make(chan struct{})}
	f.handlers.login = func(context.Context, api.LoginRequestObject) (api.LoginResponseObject, error) {
		f.entered <- "login"
		<-f.release
		return example[api.Login200JSONResponse](t, "/user/login", http.MethodPost), nil
	}
	f.handlers.check = func(context.Context) (api.CheckLoginResponseObject, error) {
		f.entered <- "check"
		<-f.release
		return rawAnswer{200, "application/json", goodState}, nil
	}
	f.handlers.hot = func(context.Context, api.ListHotQuestionsRequestObject) (api.ListHotQuestionsResponseObject, error) {
		return example[api.ListHotQuestions200JSONResponse](t, "/support/question/hot", http.MethodPost), nil
	}
	f.handlers.webhook = func(context.Context, api.ReceivePaystackEventRequestObject) (api.ReceivePaystackEventResponseObject, error) {
		return example[api.ReceivePaystackEvent200JSONResponse](t, "/gateway/paystack/webhook", http.MethodPost), nil
	}
	return f
}

const goodLogin = `{"mobile":"07000000003","code":"123456"}`

// hold brings n requests inside and leaves them there.
func (f *crowdFixture) hold(n int, method, path, body string) {
	f.t.Helper()
	for range n {
		f.running.Go(func() {
			if r := f.do(method, path, body); r.StatusCode != http.StatusOK {
				f.t.Errorf("a request that was inside: %d %s", r.StatusCode, r.raw)
			}
		})
		<-f.entered
	}
}

func (f *crowdFixture) wantTurnedAway(r reply) {
	f.t.Helper()
	f.wantReason(r, catalog.Unavailable)
	if after, err := strconv.Atoi(r.Header.Get("Retry-After")); err != nil || after < 1 || after > 3 {
		f.t.Errorf("Retry-After: %q", r.Header.Get("Retry-After"))
	}
}

func TestMoreRequestsThanPlaces(t *testing.T) {
	f := newCrowdFixture(t, Config{InFlight: 4, Patience: 20 * time.Millisecond})
	f.hold(2, "POST", "/user/login", goodLogin)
	f.wantTurnedAway(f.do("POST", "/user/login", goodLogin)) // costly requests have half of the places
	if r := f.do("POST", "/support/question/hot", "{}"); r.StatusCode != http.StatusOK {
		t.Fatalf("a cheap request beside costly ones: %d %s", r.StatusCode, r.raw)
	}
	f.hold(2, "GET", "/user/login/check", "")
	f.wantTurnedAway(f.do("POST", "/support/question/hot", "{}"))
	f.wantTurnedAway(f.do("GET", "/user/login/check", ""))
	for _, path := range []string{"/healthz", "/readyz", "/version", "/metrics"} {
		if r := f.do("GET", path, ""); r.StatusCode != http.StatusOK {
			t.Errorf("%s in the crowd: %d", path, r.StatusCode)
		}
	}
	if r := f.do("POST", "/gateway/paystack/webhook", `{"event":"charge.success","data":{}}`, "X-Paystack-Signature: "+goodSign); r.StatusCode != http.StatusOK {
		t.Errorf("the gateway's event in the crowd: %d %s", r.StatusCode, r.raw)
	}
	metrics := string(f.do("GET", "/metrics", "").raw)
	for _, want := range []string{`creditpocket_http_turned_away_total{lane="costly"} 1`, `creditpocket_http_turned_away_total{lane="cheap"} 2`,
		"creditpocket_http_requests_in_flight 4", "creditpocket_http_requests_waiting 0"} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("the metrics do not say %s", want)
		}
	}
	if strings.Contains(f.log.String(), "level=ERROR") {
		t.Errorf("crowding is logged as an error: %s", f.log)
	}
	close(f.release)
	f.running.Wait()
	for _, r := range []reply{f.do("POST", "/user/login", goodLogin), f.do("GET", "/user/login/check", ""), f.do("POST", "/support/question/hot", "{}")} {
		if r.StatusCode != http.StatusOK {
			t.Errorf("afterwards: %d %s", r.StatusCode, r.raw)
		}
	}
}

func TestWaitingForAPlace(t *testing.T) {
	f := newCrowdFixture(t, Config{InFlight: 2, Patience: time.Minute})
	f.hold(2, "GET", "/user/login/check", "")
	var waiting sync.WaitGroup
	for range 4 {
		waiting.Go(func() {
			if r := f.do("POST", "/support/question/hot", "{}"); r.StatusCode != http.StatusOK {
				t.Errorf("a request that waited: %d %s", r.StatusCode, r.raw)
			}
		})
	}
	waitFor(t, func() bool { return f.server.gate.main.queued() == 4 })
	f.wantTurnedAway(f.do("POST", "/support/question/hot", "{}")) // at once: the test would take a minute
	close(f.release)
	waiting.Wait()
	f.running.Wait()
}

// TestSlowBodiesTakeNoPlace fills every place with callers who send half a body: others do not notice.
func TestSlowBodiesTakeNoPlace(t *testing.T) {
	f := newCrowdFixture(t, Config{InFlight: 2, Patience: time.Minute})
	close(f.release)
	for range 6 {
		c, err := net.Dial("tcp", f.http.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "POST /user/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, func() bool {
		f.limiter.mu.Lock()
		defer f.limiter.mu.Unlock()
		return len(f.limiter.asked) == 6
	})
	for range 3 {
		if r := f.do("POST", "/user/login", goodLogin); r.StatusCode != http.StatusOK {
			t.Fatalf("beside slow callers: %d %s", r.StatusCode, r.raw)
		}
	}
}

func TestNewestFirstAndTurnsOfTheCostly(t *testing.T) {
	c := newCrowd(4, 1, time.Minute) // costly ones may have two of the places, and an upload has one of its own
	ctx := context.Background()
	enter := func(kind int) {
		t.Helper()
		if err := c.enter(ctx, kind, false); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		enter(cheap)
	}
	enter(upload)
	c.queue = 100
	order := make(chan string, 100)
	var waiting sync.WaitGroup
	line := func(kind int, who string) {
		before := c.queued()
		waiting.Go(func() {
			if err := c.enter(ctx, kind, false); err != nil {
				t.Error(err)
			}
			order <- who
		})
		waitFor(t, func() bool { return c.queued() == before+1 })
	}
	line(costly, "costly 1")
	line(costly, "costly 2")
	line(upload, "upload")
	var want []string
	for i := range 2*cheapFirst + 2 {
		line(cheap, fmt.Sprint("cheap ", i))
	}
	for i := 2*cheapFirst + 1; i >= 0; i-- {
		want = append(want, fmt.Sprint("cheap ", i))
	}
	want = slices.Insert(want, 2*cheapFirst, "costly 1")
	want = slices.Insert(want, cheapFirst, "costly 2")
	var got []string
	for len(got) < len(want) {
		c.leave(cheap)
		got = append(got, <-order)
	}
	if !slices.Equal(got, want) {
		t.Errorf("let in: %q\nwant    %q", got, want)
	}
	// The upload waits for its own kind of place, which nobody else can take.
	if c.queued() != 1 {
		t.Fatalf("%d wait", c.queued())
	}
	c.leave(upload)
	if who := <-order; who != "upload" {
		t.Errorf("let in: %s", who)
	}
	waiting.Wait()
	// Half are costly now: a third has to wait although a place is free.
	c.leave(cheap)
	short, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.enter(short, costly, false); !errors.Is(err, errCrowded) {
		t.Fatalf("a third costly request: %v", err)
	}
	enter(cheap)
	if c.queued() != 0 {
		t.Fatal("one who went away still waits")
	}
}

// TestCostlyOnesDoNotWaitForNobody has a cheap request go away for whose sake a costly one waited.
func TestCostlyOnesDoNotWaitForNobody(t *testing.T) {
	c := newCrowd(2, 1, time.Minute)
	ctx := context.Background()
	for range 2 {
		if err := c.enter(ctx, cheap, false); err != nil {
			t.Fatal(err)
		}
	}
	gone, leave := context.WithCancel(ctx)
	turned, in := make(chan error, 1), make(chan error, 1)
	go func() { turned <- c.enter(gone, cheap, false) }()
	waitFor(t, func() bool { return c.queued() == 1 })
	go func() { in <- c.enter(ctx, upload, false) }()
	waitFor(t, func() bool { return c.queued() == 2 })
	leave()
	if err := <-turned; !errors.Is(err, errCrowded) {
		t.Fatal(err)
	}
	if err := <-in; err != nil {
		t.Fatal(err)
	}
}

func TestLanes(t *testing.T) {
	doc, err := spec.LoadRules()
	if err != nil {
		t.Fatal(err)
	}
	ours, err := loadOperations(doc, bodyLimits, limitClasses)
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = spec.LoadOpsRules(); err != nil {
		t.Fatal(err)
	}
	staffs, err := loadOperations(doc, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]lane{"login": laneCostly, "repayLoan": laneCostly, "applyLoan": laneUpload, "listLoans": laneCheap, "reportDevice": laneCheap,
		"getStatementPdf": laneDownload, "getImage": laneDownload, "receivePaystackEvent": laneGateway} {
		if got := ours[id].lane; got != want {
			t.Errorf("%s waits in the lane %s, want %s", id, laneNames[got], laneNames[want])
		}
	}
	for id, want := range map[string]lane{"waiveLoan": laneCostly, "listReviews": laneCheap} {
		if got := staffs[id].lane; got != want {
			t.Errorf("%s waits in the lane %s, want %s", id, laneNames[got], laneNames[want])
		}
	}
}
