package ops

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// session logs a borrower in and returns the token.
func (w *world) session(p *person) string {
	w.Helper()
	opened, err := w.app.Access.Login(w.Context(), access.Login{Brand: brand, Mobile: "+234" + p.mobile, Password: "blue-mango-7421"})
	w.must(err)
	return opened.Token.Reveal()
}

// served tells whether a borrower's token is.
func (w *world) served(token string) bool {
	w.Helper()
	req, err := http.NewRequest(http.MethodGet, w.app.BaseURL+"/user/info/status", nil)
	w.must(err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	w.must(resp.Body.Close())
	return resp.StatusCode == http.StatusOK
}

// sessions lists a borrower's sessions and ends one, then all.
func (w *world) sessions() {
	p, other := w.person("11"), w.person("11")
	lost, kept, others := w.session(p), w.session(p), w.session(other)
	var open struct {
		List []struct{ ID, CreatedAt string }
	}
	list := w.request("viewer", "listBorrowerSessions", map[string]any{"id": p.id})
	w.ok(list, &open)
	if len(open.List) != 2 {
		w.Fatalf("%d sessions, expected 2", len(open.List))
	}
	end := func(p *person, session any) call {
		return w.request("reviewer", "endBorrowerSessions", map[string]any{"id": p.id, "sessionId": session, "reason": reason})
	}
	w.unchanged("acts that are refused", func() {
		w.want(w.request("viewer", "listBorrowerSessions", map[string]any{"id": 7}), notFound, "BORROWER_NOT_FOUND")
		w.want(end(&person{id: 7}, nil), notFound, "BORROWER_NOT_FOUND")
		w.want(end(other, open.List[0].ID), notFound, "RECORD_NOT_FOUND")
	})
	oldest := open.List[len(open.List)-1].ID
	act := end(p, oldest)
	a := w.ok(act, &open)
	w.traced(subject("borrower", p.id), "reviewer", "endBorrowerSessions", a)
	if len(open.List) != 1 || w.served(lost) || !w.served(kept) || !w.served(others) {
		w.Errorf("after the end of one session: %+v", open)
	}
	w.unchanged("a repeat, and a session that is over", func() {
		if !w.ok(act).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(end(p, oldest), notFound, "RECORD_NOT_FOUND")
		w.want(end(other, oldest).key(act.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
	})
	w.ok(end(p, nil), &open)
	if len(open.List) != 0 || w.served(kept) || !w.served(others) {
		w.Errorf("after the end of all: %+v", open)
	}
	if !w.served(w.session(p)) {
		w.Error("the borrower cannot log in again")
	}
}

// forgotten exports what is kept of a borrower, and erases borrowers: two people do it, and the books stay.
func (w *world) forgotten() {
	p, owing := w.apply(w.person("11"), 301, lending.Approved), w.active()
	token := w.session(p)
	w.ok(w.request("finance", "refusePayout", map[string]any{"loanId": p.loan, "reason": reason}))
	export := func(id int64) call {
		return w.request("admin", "exportBorrower", map[string]any{"id": id, "reason": reason})
	}
	a := w.ok(export(p.id))
	for _, want := range []string{"+234" + p.mobile, "12 Allen Avenue, Ikeja", "Lagos Textiles", "Ada Obi", fmt.Sprint(p.loan)} {
		if !strings.Contains(string(a.Raw), want) {
			w.Errorf("the export does not hold %q", want)
		}
	}
	w.traced(subject("borrower", p.id), "admin", "exportBorrower", a)
	w.want(export(7), notFound, "BORROWER_NOT_FOUND")

	erase := func(id int64) call {
		return w.request("admin", "eraseBorrower", map[string]any{"id": id, "reason": reason})
	}
	block := func(by string, id int64) {
		w.ok(w.request(by, "blockBorrower", map[string]any{"id": id, "reason": reason}))
	}
	w.want(erase(7), notFound, "BORROWER_NOT_FOUND")
	w.want(erase(p.id), conflict, "STATE_CONFLICT") // not blocked
	block("admin", p.id)
	w.want(erase(p.id), conflict, "SECOND_PERSON_REQUIRED")
	w.ok(w.request("admin", "unblockBorrower", map[string]any{"id": p.id, "reason": reason}))
	block("reviewer", p.id)
	block("reviewer", owing.id)
	w.unchanged("an erasure of somebody who owes", func() { w.want(erase(owing.id), conflict, "ACCOUNT_IN_USE") })
	var gone struct{ ID, Brand, At string }
	act := erase(p.id)
	a = w.ok(act, &gone)
	w.traced(subject("borrower", p.id), "admin", "eraseBorrower", a)
	if gone.ID != fmt.Sprint(p.id) || gone.Brand != brand || gone.At == "" {
		w.Errorf("the erasure: %+v", gone)
	}
	w.unchanged("a repeat, and another erasure", func() {
		if !w.ok(act).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(erase(p.id), conflict, "STATE_CONFLICT")
		w.want(erase(owing.id).key(act.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
		w.want(export(p.id), notFound, "RECORD_NOT_FOUND")
	})
	if w.served(token) {
		w.Error("an erased borrower's session is served")
	}
	if status, why := w.login(p); status != http.StatusUnauthorized {
		w.Errorf("an erased borrower logs in: %d %s", status, why)
	}
	for _, left := range testkit.Texts(w.T, w.app.DatabaseURL, `SELECT 'profile' FROM profiles WHERE borrower_id = $1 UNION ALL SELECT 'message' FROM messages WHERE borrower_id = $1
		UNION ALL SELECT 'key' FROM borrower_keys WHERE borrower_id = $1 AND wrapped IS NOT NULL`, p.id) {
		w.Errorf("a %s is left", left)
	}
}
