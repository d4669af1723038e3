package paper

import (
	"bytes"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/servicing"
)

var head = servicing.DocumentHead{Brand: "CycleCash", BrandName: "CycleCash", IndentNo: "CL250322004711", Borrower: "Ọlọ́runtóbi Ṣẹ́gun", Date: clock.NewDate(2025, 3, 29),
	State: lending.Settled, Principal: 600_000, Disbursed: 600_000, Due: 850_000, TermDays: 7, DisbursedAt: time.Date(2025, 3, 22, 11, 35, 39, 0, time.UTC),
	DueAt: time.Date(2025, 3, 29, 11, 35, 39, 0, time.UTC), ClosedAt: time.Date(2025, 3, 29, 8, 10, 0, 0, time.UTC)}

func statementOf(lines int) servicing.Statement {
	st := servicing.Statement{DocumentHead: head, Code: "7K3M-9Q2X-V5TB-1C8D-R4HW", Totals: servicing.StatementTotals{Charged: 850_000, Paid: 850_000}}
	for i := range lines {
		st.Lines = append(st.Lines, servicing.StatementLine{At: head.DisbursedAt.AddDate(0, 0, i), Kind: ledger.KindPenalty, Account: ledger.PenaltyReceivable, Amount: 6_000, Outstanding: 850_000})
	}
	return st
}

// pages counts the page objects of a PDF.
func pages(pdf []byte) int {
	return bytes.Count(pdf, []byte("/Type /Page\n")) + bytes.Count(pdf, []byte("/Type /Page "))
}

func TestDocumentsArePDF(t *testing.T) {
	short, err := Statement(statementOf(3))
	if err != nil {
		t.Fatal(err)
	}
	long, err := Statement(statementOf(200))
	if err != nil {
		t.Fatal(err)
	}
	letter, err := Clearance(servicing.Clearance{DocumentHead: head, Paid: 850_000, Code: "2M8T-X4CB-9VQ7-1K3D-H5RW"})
	if err != nil {
		t.Fatal(err)
	}
	for name, pdf := range map[string][]byte{"short statement": short, "long statement": long, "letter": letter} {
		if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf[len(pdf)-32:], []byte("%%EOF")) || len(pdf) > 200<<10 {
			t.Errorf("%s: %d bytes, begins %q", name, len(pdf), pdf[:8])
		}
	}
	if a, b := pages(short), pages(long); a != 1 || b < 4 {
		t.Errorf("%d and %d pages", a, b)
	}
	again, err := Statement(statementOf(3))
	if err != nil || !bytes.Equal(again, short) {
		t.Errorf("the same statement is not the same document: %v", err)
	}
}
