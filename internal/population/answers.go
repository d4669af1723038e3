package population

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// answersAtOnce is how many borrowers look at their loans at a time.
const answersAtOnce = 4

// pageSize is the contract's largest page.
const pageSize = 100

// CheckAnswers lets the first borrowers of the population, or all for 0, sign in at a server and list their loans, and holds every field
// of every answer against the price core and the population's books. The server must work on the same database and clock, without
// limits. It adds to the report of Live, which it returns.
func (w *World) CheckAnswers(ctx context.Context, baseURL string, borrowers int, progress func(done, total int)) (Report, error) {
	people := w.people.people
	if borrowers > 0 && borrowers < len(people) {
		people = people[:borrowers]
	}
	papers := make(map[int64]*paper, len(w.people.papers))
	for _, p := range w.people.papers {
		if p.person < len(people) {
			papers[p.loan] = p
		}
	}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: answersAtOnce}}
	defer client.CloseIdleConnections()
	at, answered := w.clock.Now(), int64(0)
	for from := 0; from < len(people); from += seedBatch {
		part := people[from:min(from+seedBatch, len(people))]
		tokens, err := w.signIn(ctx, part)
		if err != nil {
			return w.report, err
		}
		var loans atomic.Int64
		group, inner := errgroup.WithContext(ctx)
		group.SetLimit(answersAtOnce)
		for i, who := range part {
			group.Go(func() error {
				n, err := w.checkBorrower(inner, client, baseURL, tokens[i], who, papers, at)
				loans.Add(int64(n))
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return w.report, err
		}
		answered += loans.Load()
		if progress != nil {
			progress(from+len(part), len(people))
		}
	}
	if answered != int64(len(papers)) {
		w.differs("%d loans in the answers, %d in the population's books", answered, len(papers))
	}
	w.report.Answers += answered
	return w.report, nil
}

// signIn opens a session for each of some borrowers and returns the tokens. Nobody knows a password of theirs.
func (w *World) signIn(ctx context.Context, people []person) ([]string, error) {
	tokens := make([]string, len(people))
	err := w.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for i, who := range people {
			raw := make([]byte, 32)
			_, _ = rand.Read(raw) // does not fail: it ends the program instead
			tokens[i] = base64.RawURLEncoding.EncodeToString(raw)
			hash := sha256.Sum256([]byte(tokens[i]))
			_, err := tx.AddSession(ctx, lending.DemoBrand, store.NewSession{Borrower: who.id, TokenHash: hash[:], Terminal: 1, Idle: time.Hour, Absolute: time.Hour})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return tokens, err
}

// checkBorrower reads all loans of a borrower and says how many there are.
func (w *World) checkBorrower(ctx context.Context, client *http.Client, baseURL, token string, who person, papers map[int64]*paper, at time.Time) (int, error) {
	recorded, err := w.store.LoansPage(ctx, who.id, 1, pageSize)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/loan/record/page?pageNum=1&pageSize=%d", baseURL, pageSize), nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var answer struct {
		Code int
		Data struct {
			List []map[string]json.RawMessage
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return 0, fmt.Errorf("the loans of borrower %d: %w", who.id, err)
	}
	if answer.Code != 1 {
		return 0, fmt.Errorf("the loans of borrower %d: status %s, code %d", who.id, resp.Status, answer.Code)
	}
	if len(answer.Data.List) != len(recorded.Loans) || recorded.Total > pageSize {
		w.differs("borrower %d: %d loans on the wire, %d in the database", who.id, len(answer.Data.List), recorded.Total)
		return len(answer.Data.List), nil
	}
	for i, l := range recorded.Loans {
		shown, err := fieldsOf(answer.Data.List[i])
		if err != nil {
			return 0, err
		}
		p, ours := papers[l.ID]
		if !ours {
			w.differs("borrower %d: loan %d is not in the population's books", who.id, l.ID)
			continue
		}
		w.checkLoan(l, p, shown, at)
	}
	return len(recorded.Loans), nil
}
