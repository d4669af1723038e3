package conform

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/creditpocket/creditpocket/internal/contract"
)

// senders is how many requests are on their way at once.
const senders = 4

// patience bounds the wait that a refusal as too many may ask for, and enough all such waits together: a server that limits everything would
// otherwise be asked for hours.
const (
	patience = 2 * time.Second
	enough   = time.Minute
)

// answer is what came back and has passed the judge.
type answer struct {
	status int
	header http.Header
	raw    []byte
	reason string
	fields []string
}

// question is a request with who asks.
type question struct {
	*contract.Request
	what    string // for people
	session string // Authorization; "" for none
	judge   func(answer) string
}

// together sends questions by several senders and judges the answers.
func (a *asker) together(ctx context.Context, questions func(ask func(question))) {
	jobs := make(chan question)
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for q := range jobs {
				if ctx.Err() == nil {
					a.ask(ctx, q)
				}
			}
		})
	}
	questions(func(q question) { jobs <- q })
	close(jobs)
	all.Wait()
}

// ask sends one question and notes what is wrong with the answer.
func (a *asker) ask(ctx context.Context, q question) {
	got, err := a.send(ctx, q)
	for n := 0; n < 20 && errors.Is(err, syscall.ECONNRESET); n++ {
		got, err = a.send(ctx, q) // a client that still sends may lose the connection before it reads a refusal
	}
	if err == nil && got.status == http.StatusTooManyRequests {
		if wait, e := time.ParseDuration(got.header.Get("Retry-After") + "s"); e == nil && wait <= patience && a.mayWait(ctx, wait) {
			got, err = a.send(ctx, q)
		}
	}
	var violation *contract.Violation
	switch {
	case ctx.Err() != nil:
	case errors.As(err, &violation):
		a.violation("%s, %s: answered %d: %s", q.Operation.ID, q.what, violation.Status, violation.Problem)
	case err != nil:
		a.violation("%s, %s: no whole answer: %v", q.Operation.ID, q.what, err)
	case got.status == http.StatusTooManyRequests:
		a.mu.Lock()
		a.report.Limited++
		a.mu.Unlock()
	default:
		if problem := q.judge(got); problem != "" {
			a.violation("%s, %s: %s", q.Operation.ID, q.what, problem)
		}
	}
}

// mayWait waits, or says that there was enough of it. Who reads along is told once, because what follows is mostly not judged.
func (a *asker) mayWait(ctx context.Context, wait time.Duration) bool {
	a.mu.Lock()
	before := a.waited
	may := before < enough
	if may {
		a.waited += wait
	}
	a.mu.Unlock()
	if !may {
		return false
	}
	if before+wait >= enough {
		fmt.Fprintf(a.o.Out, "The server's limits have cost %s of waiting. From here on requests that it refuses as too many are left out.\n%s\n", before+wait, unlimited)
	}
	return a.o.Wait(ctx, wait) == nil
}

// wait waits by the real clock.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (a *asker) send(ctx context.Context, q question) (answer, error) {
	req, err := q.HTTP(ctx, a.o.URL)
	if err != nil {
		return answer{}, err
	}
	if q.session != "" {
		req.Header.Set("Authorization", q.session)
	}
	if q.Operation.Auth == contract.Gateway && a.o.GatewaySecret != "" && req.Header.Get("X-Paystack-Signature") == "" {
		mac := hmac.New(sha512.New, []byte(a.o.GatewaySecret))
		mac.Write(q.Body)
		mac.Write(slices.Repeat([]byte(" "), int(q.Pad)))
		req.Header.Set("X-Paystack-Signature", hex.EncodeToString(mac.Sum(nil)))
	}
	return a.do(req)
}

func (a *asker) do(req *http.Request) (answer, error) {
	a.mu.Lock()
	a.report.Requests++
	a.mu.Unlock()
	resp, err := a.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	got := answer{status: resp.StatusCode, header: resp.Header, raw: raw, reason: contract.ReasonOf(raw)}
	var problem struct {
		Data struct {
			Fields []struct{ Name string }
		}
	}
	if json.Unmarshal(raw, &problem) == nil {
		for _, f := range problem.Data.Fields {
			got.fields = append(got.fields, f.Name)
		}
	}
	return got, nil
}
