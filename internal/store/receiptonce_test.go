package store_test

import (
	"context"
	"slices"
	"testing"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// TestReceiptOfAnotherBrandIsReclaimedByAJob: a receipt under a reference that nobody knew is the default brand's. A transaction behind the
// wall of another brand does not see it, and must neither take it nor book its money again; one of a job takes it, in the brand it was
// booked in.
func TestReceiptOfAnotherBrandIsReclaimedByAJob(t *testing.T) {
	l, _ := walled(t)
	keep := func(ctx context.Context, tx *store.Tx) error {
		return tx.KeepReceipt(ctx, store.Receipt{Brand: lending.DemoBrand, Reference: "cpc-late", Amount: 500, PaidAt: tx.Now()})
	}
	l.must(keep)
	l.must(keep) // once more changes nothing
	reclaim := func(ctx context.Context) error {
		return l.st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.ReclaimReceipt(ctx, "cpc-late") })
	}
	total := func() int64 {
		totals, err := l.st.AccountTotals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return int64(totals[ledger.Unassigned])
	}
	if err := reclaim(store.ForBrand(t.Context(), "OtherBrand")); !fault.Has(err, catalog.Unavailable) || total() != -500 {
		t.Errorf("behind the wall of another brand: %v, %d are unassigned", err, total())
	}
	if err := reclaim(t.Context()); err != nil || total() != 0 {
		t.Errorf("by a job: %v, %d are unassigned", err, total())
	}
	if err := reclaim(store.ForBrand(t.Context(), "OtherBrand")); err != nil || total() != 0 {
		t.Errorf("nothing to take any more: %v, %d are unassigned", err, total())
	}
	l.must(keep) // the receipt is over, and stays so
	if n, err := l.st.Count(t.Context(), `SELECT count(*) FROM unmatched_receipts WHERE state = 2 AND amount = 500`); err != nil || n != 1 || total() != 0 {
		t.Errorf("%d receipts that were taken back, %v, %d are unassigned", n, err, total())
	}
	found, err := l.st.Mismatches(t.Context(), store.AuditReceipts, 0, 1<<62)
	if err != nil || len(found) != 0 {
		t.Errorf("the audit of the receipts: %v, %v", found, err)
	}
	l.st.Exec(t, `UPDATE unmatched_receipts SET state = 0`) // behind the program's back
	if found, err = l.st.Mismatches(t.Context(), store.AuditReceipts, 0, 1<<62); err != nil || !slices.ContainsFunc(found, func(m store.Mismatch) bool { return m.Record == 500 && m.Ledger == 0 }) {
		t.Errorf("the audit of a receipt whose money is gone: %v, %v", found, err)
	}
}
