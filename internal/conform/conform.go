// Package conform asks a server that claims to speak the borrowers' contract everything that the contract can be asked, and says where
// the answers break it: good requests, requests that each break one rule, requests without a session or with one that is none, verbs and
// paths that do not exist, and on a development server a borrower's whole journey. It knows nothing of the server but its address.
package conform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/journey"
)

// Options say whom to ask, and how much.
type Options struct {
	// URL is the server's base URL.
	URL string
	// Token is a borrower's session. Without one a borrower is registered where the server shows its text messages (a development
	// server); elsewhere operations of a session are asked without one only.
	Token string
	// GatewaySecret signs payment events; "" sends none that are signed.
	GatewaySecret string
	// Quick sends one request for each kind of broken rule and operation instead of all.
	Quick bool
	// ReadOnly sends no good request that writes.
	ReadOnly bool
	// Operations are those to ask; none means all.
	Operations []string
	// Seed chooses the made-up values.
	Seed uint64
	// Out receives the table and the violations.
	Out io.Writer
	// Wait waits for the server's limits, until the context ends at most; nil waits by the real clock.
	Wait func(ctx context.Context, d time.Duration) error
}

// Report is what was asked and what broke the contract.
type Report struct {
	Requests int
	// Violations are the answers that break the contract, and what was wrong with each.
	Violations []string
	// Limited is how many requests were refused as too many, and so not judged further.
	Limited int
	// Session says that operations were asked with a session, Journey that the journey was walked.
	Session, Journey bool
	// Seen is how often each operation gave each status.
	Seen map[contract.Cell]int
}

// ErrViolations says that the server does not speak the contract.
var ErrViolations = errors.New("the server breaks the contract")

// Run asks everything, writes the table, the violations and one RESULT line, and returns ErrViolations if there is one. Another error
// says that the server could not be asked.
func Run(ctx context.Context, o Options) (Report, error) {
	started := time.Now()
	a, err := newAsker(o)
	if err != nil {
		return Report{}, err
	}
	if err := a.reach(ctx); err != nil {
		return Report{}, err
	}
	a.openSession(ctx)
	for _, step := range []func(context.Context){a.good, a.strangers, a.broken, a.verbs, a.nowhere} {
		if step(ctx); ctx.Err() != nil {
			return Report{}, ctx.Err()
		}
	}
	r := a.report
	r.Seen = sum(a.judge.Seen(), a.walked)
	r.print(o, a.doc, time.Since(started))
	if len(r.Violations) > 0 {
		return r, fmt.Errorf("%w in %d answers", ErrViolations, len(r.Violations))
	}
	return r, nil
}

func sum(a, b map[contract.Cell]int) map[contract.Cell]int {
	all := map[contract.Cell]int{}
	for _, m := range []map[contract.Cell]int{a, b} {
		for cell, n := range m {
			all[cell] += n
		}
	}
	return all
}

// unlimited is what to do about the limits of the server that is asked.
const unlimited = "Switch its limits off (ours: CP_LIMITS=off), or ask less (--quick, --operation)."

// mostShown bounds the violations that are printed.
const mostShown = 60

func (r Report) print(o Options, doc *contract.Document, took time.Duration) {
	table, missing := doc.StatusTable(r.Seen)
	declared := 0
	for _, op := range doc.Operations {
		declared += len(op.Statuses)
	}
	fmt.Fprintf(o.Out, "How often each operation gave each status (MISS: declared, and not met here):\n%s\n", table)
	if !r.Session {
		fmt.Fprintln(o.Out, "No session: operations of a borrower were asked without one only. Give --token, or a development server.")
	}
	if r.Limited > 0 {
		fmt.Fprintf(o.Out, "%d requests were refused as too many and not judged further. %s\n", r.Limited, unlimited)
	}
	for i, v := range r.Violations {
		if i == mostShown {
			fmt.Fprintf(o.Out, "and %d more\n", len(r.Violations)-mostShown)
			break
		}
		fmt.Fprintln(o.Out, "VIOLATION", v)
	}
	fmt.Fprintf(o.Out, "RESULT conform url=%s operations=%d requests=%d cells=%d/%d session=%t journey=%t limited=%d violations=%d seconds=%.1f\n",
		o.URL, len(doc.Operations), r.Requests, declared-len(missing), declared, r.Session, r.Journey, r.Limited, len(r.Violations), took.Seconds())
}

// asker asks one server.
type asker struct {
	o      Options
	doc    *contract.Document
	judge  *contract.Transport
	client *http.Client
	photo  []byte
	token  string
	walked map[contract.Cell]int

	mu     sync.Mutex
	waited time.Duration // for the server's limits, all senders together
	report Report
}

func newAsker(o Options) (*asker, error) {
	doc, err := contract.Load()
	if err != nil {
		return nil, err
	}
	for _, id := range o.Operations {
		if doc.Operation(id) == nil {
			return nil, fmt.Errorf("the contract has no operation %q", id)
		}
	}
	if len(o.Operations) > 0 {
		doc.Operations = slices.DeleteFunc(doc.Operations, func(op *contract.Operation) bool { return !slices.Contains(o.Operations, op.ID) })
	}
	// What ends the session comes last: a server that breaks the contract may end it where it should refuse.
	slices.SortStableFunc(doc.Operations, func(a, b *contract.Operation) int { return rank(a) - rank(b) })
	judge, err := contract.NewTransport(&http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: senders, ExpectContinueTimeout: 10 * time.Second})
	if err != nil {
		return nil, err
	}
	photo, err := journey.Photo(320, 240, 1)
	if err != nil {
		return nil, err
	}
	o.URL = strings.TrimRight(o.URL, "/")
	if o.Wait == nil {
		o.Wait = wait
	}
	return &asker{o: o, doc: doc, judge: judge, photo: photo, token: o.Token, client: &http.Client{Transport: judge, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

func rank(op *contract.Operation) int {
	if ends(op) {
		return 1
	}
	return 0
}

// reach fails where nobody answers.
func (a *asker) reach(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.o.URL+"/support/phone/list", nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	return resp.Body.Close()
}

// openSession walks the journey where the server shows its text messages, and keeps the borrower's session.
func (a *asker) openSession(ctx context.Context) {
	a.report.Session = a.token != ""
	if a.token != "" || !a.showsMessages(ctx) {
		return
	}
	result, app, err := journey.Walk(ctx, journey.Options{BaseURL: a.o.URL, Out: io.Discard})
	a.report.Journey = true
	if app != nil {
		a.walked, a.token = app.Transport().Seen(), app.Token()
	}
	a.report.Session = a.token != ""
	switch {
	case errors.Is(err, journey.ErrLimited): // which is no break of the contract
		a.report.Limited++
		fmt.Fprintln(a.o.Out, "The journey was not walked to its end:", err)
	case err != nil:
		a.violation("the journey of %s: %v", result.Mobile, err)
	}
}

// showsMessages tells whether the server is a development server.
func (a *asker) showsMessages(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.o.URL+"/sms.json?mobile=7000000003", nil)
	if err != nil {
		return false
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json")
}

func (a *asker) violation(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if v := fmt.Sprintf(format, args...); !slices.Contains(a.report.Violations, v) {
		a.report.Violations = append(a.report.Violations, v)
	}
}
