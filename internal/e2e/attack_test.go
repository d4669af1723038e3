package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// full tells whether the attacks are run at their full size and against the clock: make security does.
func full() bool { return os.Getenv("CP_TEST_FULL") != "" }

// TestSMSFlood asks for codes from one address, each time for another number. What is sent is the address's budget.
func TestSMSFlood(t *testing.T) {
	requests := 400
	if full() {
		requests = 10_000
	}
	w := newWorld(t, testapp.Options{Limits: &access.LimiterOptions{}})
	budget := 0
	for _, rule := range access.DefaultClasses()[access.ClassSMS].Rules {
		if rule.Key == access.KeyIP {
			budget = rule.Limit
		}
	}
	started, next, statuses := time.Now(), make(chan int), map[int]int{}
	var mu sync.Mutex
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for i := range next {
				a, err := w.try(call{Request: w.request("sendCode").WithJSON(map[string]any{"mobile": fmt.Sprintf("70%08d", i*7919), "purpose": 1 + i%2})})
				if err != nil {
					t.Error(err)
					continue
				}
				if a.Status == http.StatusTooManyRequests && (a.Header.Get("Retry-After") == "" || a.Header.Get("RateLimit") == "" || a.Header.Get("RateLimit-Policy") == "") {
					t.Error("a refusal without its headers")
				}
				mu.Lock()
				statuses[a.Status]++
				mu.Unlock()
			}
		})
	}
	for i := range requests {
		next <- i
	}
	close(next)
	senders.Wait()
	sent, err := strconv.Atoi(testkit.Texts(t, w.app.DatabaseURL, `SELECT count(*)::text FROM sms_messages`)[0])
	if err != nil {
		t.Fatal(err)
	}
	most := budget + int(time.Since(started)*time.Duration(budget)/time.Hour) + 1 // the window moves on while the flood lasts
	fmt.Printf("RESULT sms-flood requests=%d sent=%d budget=%d\n", requests, sent, budget)
	if sent > most || sent == 0 || statuses[http.StatusOK] != sent {
		t.Errorf("%d texts were sent, the budget is %d: %v", sent, most, statuses)
	}
}

// TestPumpingIsStopped has codes sent to hundreds of numbers that use none. The brand stops sending, with a refusal that the contract knows, and
// somebody is told.
func TestPumpingIsStopped(t *testing.T) {
	later := clock.NewOffset(clock.System{}, 0)
	w := newWorld(t, testapp.Options{Clock: later})
	send := func() answer {
		return w.send(call{Request: w.request("sendCode").WithJSON(map[string]any{"mobile": newMobile(), "purpose": 1})})
	}
	for range 310 {
		w.ok(call{Request: w.request("sendCode").WithJSON(map[string]any{"mobile": newMobile(), "purpose": 1})})
	}
	later.Advance(6 * time.Minute) // codes that still may be used are not judged
	a := send()
	if a.Status != http.StatusTooManyRequests || a.Reason != "SMS_RATE_LIMITED" || a.Header.Get("Retry-After") == "" {
		t.Errorf("codes that nobody uses go on: %s", a)
	}
	if alerts := testkit.Texts(t, w.app.DatabaseURL, `SELECT brand FROM alerts WHERE kind = 'sms' AND subject LIKE 'pumping:%'`); !slices.Equal(alerts, []string{"CycleCash"}) {
		t.Errorf("alerts of brands %v", alerts)
	}
	later.Advance(20 * time.Minute)
	if a := send(); a.Status != http.StatusOK {
		t.Errorf("afterwards: %s", a)
	}
}

// TestEnumeration holds the answers about numbers that are known against those about numbers that are not: at the login and where a code
// is asked for, status, body, length and headers are the same. With CP_TEST_FULL the time is compared, too.
func TestEnumeration(t *testing.T) {
	rounds := 20
	if full() {
		rounds = 400
	}
	w := newWorld(t, testapp.Options{})
	b := w.register()
	known, unknown := []time.Duration{}, []time.Duration{}
	shapes := map[string]map[string]bool{}
	asked := 0
	ask := func(kind, mobile string) time.Duration {
		var took time.Duration
		wrong := "123456"
		if sent := w.codes(mobile); len(sent) > 0 {
			wrong = other(sent[0])
		}
		questions := map[string]call{
			"login": w.loginWith(map[string]any{"mobile": mobile, "password": "wrong-" + password, "deviceId": nil}),
			"code":  w.loginWith(map[string]any{"mobile": mobile, "code": wrong, "deviceId": nil}),
		}
		if asked++; asked <= 200 { // more codes that nobody uses trip the breaker, for known and unknown numbers alike (TestPumpingIsStopped)
			questions["sendCode"] = call{Request: w.request("sendCode").WithJSON(map[string]any{"mobile": mobile, "purpose": 2})}
		}
		for _, name := range []string{"login", "code", "sendCode"} {
			c, asked := questions[name]
			if !asked {
				continue
			}
			before := len(w.codes(mobile))
			started := time.Now()
			a := w.send(c)
			if name == "login" {
				took = time.Since(started)
			}
			if name == "sendCode" && kind == "known" { // whoever tries a code next must know which is the right one
				w.eventually(15*time.Second, "a text message", func() bool { return len(w.codes(mobile)) > before })
			}
			shape := name + " " + shapeOf(t, a)
			if shapes[kind] == nil {
				shapes[kind] = map[string]bool{}
			}
			shapes[kind][shape] = true
		}
		return took
	}
	for i := range rounds {
		// The order changes, so that what the machine does meanwhile falls on both alike.
		if i%2 == 0 {
			known = append(known, ask("known", b.mobile))
			unknown = append(unknown, ask("unknown", newMobile()))
		} else {
			unknown = append(unknown, ask("unknown", newMobile()))
			known = append(known, ask("known", b.mobile))
		}
	}
	for shape := range shapes["known"] {
		if !shapes["unknown"][shape] {
			t.Errorf("only for a number that is known: %s", shape)
		}
	}
	if len(shapes["known"]) != 3 || len(shapes["unknown"]) != 3 {
		t.Errorf("more than one answer to one question: %v", shapes)
	}
	z := rankSum(known, unknown)
	fmt.Printf("RESULT enumeration rounds=%d answers=%d z=%.2f limit=3.29\n", rounds, len(shapes["known"]), z)
	if full() && (z > 3.29 || z < -3.29) {
		t.Errorf("the time tells known numbers from unknown ones: z = %.2f", z)
	}
}

// shapeOf is all of an answer but what is different in every answer.
func shapeOf(t *testing.T, a answer) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(a.Raw, &body); err != nil {
		t.Fatal(err)
	}
	delete(body, "token")
	if data, ok := body["data"].(map[string]any); ok {
		delete(data, "requestId")
	}
	rest, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range a.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	return fmt.Sprintf("%d %s %d bytes %s", a.Status, rest, len(a.Raw), strings.Join(names, ","))
}

// rankSum is the Wilcoxon-Mann-Whitney statistic of two samples as a standard normal value: beyond 3.29 chance gives a difference as large
// once in a thousand times.
func rankSum(a, b []time.Duration) float64 {
	type one struct {
		d     time.Duration
		first bool
	}
	var all []one
	for _, d := range a {
		all = append(all, one{d, true})
	}
	for _, d := range b {
		all = append(all, one{d, false})
	}
	slices.SortFunc(all, func(x, y one) int { return int(x.d - y.d) })
	sum := 0.0
	for i, o := range all {
		if o.first {
			sum += float64(i + 1)
		}
	}
	n, m := float64(len(a)), float64(len(b))
	mean, variance := n*(n+m+1)/2, n*m*(n+m+1)/12
	return (sum - mean) / math.Sqrt(variance)
}

// serverOnly are fields that belong to the server: a client that sends one must be refused, and nothing may come of it.
var serverOnly = map[string]any{"uid": "1", "borrowerId": "1", "borrower_id": "1", "brand": "SecondBrand", "appCode": "SecondBrand", "status": 5, "state": 5, "creditLimit": "99999999",
	"limits": "99999999", "amountApproved": "99999999", "riskStatus": 1, "isAdmin": true, "role": "admin", "operatorId": "1", "createdTime": "2020-01-01 00:00:00", "fee": 0,
	"serviceFee": 0, "principal": "1", "paid": "1", "waived": "1", "blocked": 0, "verified": 1, "recipientCode": "RCP_x", "payableFrom": "", "tokenHash": "x", "passwordHash": "x"}

// TestServerOnlyFields sends every request schema with every field that is the server's own, one at a time.
func TestServerOnlyFields(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register().profile().account("12")
	quiet(w)
	before := testkit.Checksums(t, w.app.DatabaseURL)
	cells, leaks := 0, 0
	for _, op := range w.doc.Operations {
		if op.BodyType != "application/json" || op.Body == nil || op.ID == "receivePaystackEvent" {
			continue
		}
		for name, value := range serverOnly {
			if op.Body.Properties[name] != nil {
				continue // it is the client's here
			}
			made := b.call(op.ID, nil)
			var body map[string]any
			if json.Unmarshal(made.Body, &body) != nil {
				continue
			}
			body[name] = value
			raw, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			made.Body = bytes.Clone(raw)
			cells++
			if a := w.send(made); a.Status != http.StatusBadRequest {
				leaks++
				t.Errorf("%s takes %s: %s", op.ID, name, a)
			}
		}
	}
	for table, sum := range testkit.Checksums(t, w.app.DatabaseURL) {
		if before[table] != sum {
			leaks++
			t.Errorf("table %s changed", table)
		}
	}
	fmt.Printf("RESULT matrix-server-only-fields cells=%d leaks=%d\n", cells, leaks)
}
