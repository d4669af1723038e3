package servicing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

func TestAStatementIsTheLedger(t *testing.T) {
	w := newWorld(t)
	b, other := w.borrower(), w.borrower()
	e := w.offer(b)
	w.pay(e.AuthorizationURL)
	w.apply(e.Reference)
	w.late(b, 4)
	first, err := w.Statement(t.Context(), b.id, b.loan)
	w.must(err)
	again, err := w.Statement(t.Context(), b.id, b.loan)
	w.must(err)
	if first.Code != again.Code || len(first.Code) != 24 {
		t.Errorf("codes %q and %q of the same statement", first.Code, again.Code)
	}
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	st, err := w.Statement(t.Context(), b.id, b.loan)
	w.must(err)
	if st.Code == first.Code {
		t.Error("another content has the same code")
	}
	l := w.loan(b.loan)
	want := w.scalar(`SELECT count(*) FROM ledger_postings WHERE loan_id = $1`, b.loan)
	var sum money.Kobo
	for _, line := range st.Lines {
		sum += line.Amount
		if line.Text == "" || line.At.IsZero() || line.Outstanding < 0 {
			t.Errorf("line %+v", line)
		}
	}
	if int64(len(st.Lines)) != want || sum != 0 || st.Lines[0].Outstanding != owed || st.Lines[len(st.Lines)-1].Outstanding != 0 {
		t.Errorf("%d lines of %d postings, sum %d, %d to %d outstanding", len(st.Lines), want, sum, st.Lines[0].Outstanding, st.Lines[len(st.Lines)-1].Outstanding)
	}
	if st.Totals.Charged != l.Charged.Total() || st.Totals.Paid != l.Paid.Total() || st.Totals.ExtensionFees != fee || st.Totals.Outstanding != 0 || st.State != lending.SettledLate {
		t.Errorf("totals %+v, state %s", st.Totals, st.State)
	}
	_, err = w.Statement(t.Context(), other.id, b.loan)
	wantFault(t, "refusal", err, catalog.LoanNotFound)
}

func TestDocumentsAreCheckedByTheirCode(t *testing.T) {
	w := newWorld(t)
	b, other := w.borrower(), w.borrower()
	_, err := w.Clearance(t.Context(), b.id, b.loan)
	wantFault(t, "refusal", err, catalog.LoanNotSettled)
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	letter, err := w.Clearance(t.Context(), b.id, b.loan)
	w.must(err)
	_, err = w.Clearance(t.Context(), other.id, b.loan)
	wantFault(t, "refusal", err, catalog.LoanNotFound)
	st, err := w.Statement(t.Context(), b.id, b.loan)
	w.must(err)
	for code, kind := range map[string]store.DocumentKind{letter.Code: store.DocumentClearance, st.Code: store.DocumentStatement} {
		for _, spelled := range []string{code, strings.ReplaceAll(code, "-", ""), strings.ToLower(code)} {
			d, err := w.VerifyDocument(t.Context(), spelled)
			if err != nil || d.Kind != kind || d.Brand != brand || d.Date != letter.Date || d.IndentNo != w.loan(b.loan).IndentNo {
				t.Errorf("%s: %+v, %v", spelled, d, err)
			}
		}
	}
	changed := "0" + letter.Code[1:]
	if changed == letter.Code {
		changed = "1" + letter.Code[1:]
	}
	_, err = w.VerifyDocument(t.Context(), changed)
	wantFault(t, "refusal", err, catalog.DocumentNotFound)
	w.clk.Advance(24 * time.Hour)
	tomorrow, err := w.Clearance(t.Context(), b.id, b.loan)
	w.must(err)
	if tomorrow.Code == letter.Code || tomorrow.Paid != owed {
		t.Errorf("tomorrow's letter is %+v", tomorrow)
	}
}
