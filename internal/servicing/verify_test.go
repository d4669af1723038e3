package servicing_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// difference is a name of a planted difference: the beginning of its subject, and its field.
type difference struct{ subject, field string }

// Verify finds every change that somebody with all rights made to one column behind the program's back, and names it.
func TestVerifyFindsEveryPlantedDifference(t *testing.T) {
	w := newWorld(t)
	b, reference := w.overpaid()
	w.must(w.drain(t.Context()))
	lost := w.borrower()
	w.page(lost) // nobody pays it, and another replaces it
	w.late(lost, 40)
	w.writeOff(lost)
	page, err := w.Repayment(t.Context(), lost.id, lost.loan)
	w.must(err)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	stranger, late := w.newcomer(), w.borrower()
	w.late(late, 10)

	of := func(p person) string { return fmt.Sprintf("loan %d", p.loan) }
	plants := []struct {
		sql  string
		want difference
	}{
		{`UPDATE loans SET status = 5 WHERE id = @loan`, difference{of(b), "status"}},
		{`UPDATE loans SET status = 22 WHERE id = @lost`, difference{of(lost), "status"}},
		{`UPDATE loans SET status = 1 WHERE id = @loan`, difference{of(b), "status"}},
		{`UPDATE loans SET disbursed_at = NULL WHERE id = @loan`, difference{of(b), "disbursed"}},
		{`UPDATE loans SET payout = payout - 1 WHERE id = @loan`, difference{of(b), "disbursed"}},
		{`UPDATE loans SET upfront_fee = 1 WHERE id = @loan`, difference{of(b), "upfront_fee"}},
		{`UPDATE loans SET due = due - 1 WHERE id = @loan`, difference{of(b), "sold.principal"}},
		{`UPDATE loans SET interest = interest + 1 WHERE id = @loan`, difference{of(b), "sold.interest"}},
		{`UPDATE loans SET service_fee = service_fee + 1 WHERE id = @loan`, difference{of(b), "sold.service_fee"}},
		{`UPDATE loans SET recovered = recovered - 1 WHERE id = @lost`, difference{of(lost), "recovered"}},
		{`DELETE FROM payments WHERE loan_id = @lost`, difference{"charge " + page.Reference, "paid_amount"}},
		{`UPDATE payments SET loan_id = @lost WHERE loan_id = @loan`, difference{"charge " + reference, "loan"}},
		{`UPDATE payments SET borrower_id = @stranger WHERE loan_id = @loan`, difference{"charge " + reference, "borrower"}},
		{`UPDATE payments SET amount = amount + 1, to_principal = to_principal + 1 WHERE intent_id = @intent`, difference{"payment " + reference, "amount"}},
		{`UPDATE payments SET to_recovery = to_recovery - 1, to_credit = to_credit + 1 WHERE loan_id = @lost`, difference{"payment " + page.Reference, "to_recovery"}},
		{`UPDATE payments SET to_credit = to_credit - 1, to_principal = to_principal + 1 WHERE intent_id = @intent`, difference{"payment " + reference, "to_credit"}},
		{`UPDATE payments SET to_penalty = to_penalty + 1, to_principal = to_principal - 1 WHERE intent_id = @intent`, difference{"payment " + reference, "to_penalty"}},
		{`UPDATE payments SET to_interest = to_interest + 1, to_principal = to_principal - 1 WHERE intent_id = @intent`, difference{"payment " + reference, "to_interest"}},
		{`UPDATE payments SET to_service_fee = to_service_fee + 1, to_principal = to_principal - 1 WHERE intent_id = @intent`, difference{"payment " + reference, "to_service_fee"}},
		{`UPDATE payment_intents SET state = 3 WHERE id = @intent`, difference{"charge " + reference, "paid_amount"}},
		{`UPDATE payment_intents SET paid_amount = paid_amount + 1 WHERE id = @intent`, difference{"charge " + reference, "paid_amount"}},
		{`UPDATE payment_intents SET amount = amount + 1 WHERE id = @intent`, difference{"charge " + reference, "asked_amount"}},
		{`UPDATE payment_intents SET loan_id = @lost WHERE id = @intent`, difference{"charge " + reference, "loan"}},
		{`UPDATE payment_intents SET borrower_id = @stranger WHERE id = @intent`, difference{"charge " + reference, "borrower"}},
		{`UPDATE payment_intents SET state = 2, paid_amount = amount WHERE state = 4 AND kind = 1`, difference{"charge cpr-", "paid_amount"}},
		{`UPDATE payment_intents SET paid_amount = 4999 WHERE kind = 3 AND borrower_id = @borrower`, difference{"charge cpb-", "paid_amount"}},
		{`UPDATE refunds SET amount = amount + 1 WHERE purpose = 2`, difference{"refund ", "booked"}},
		{`UPDATE refunds SET amount = amount - 1 WHERE purpose = 1`, difference{"refund ", "booked"}},
		{`UPDATE refunds SET state = 3 WHERE purpose = 2`, difference{"refund ", "booked"}},
		{`DELETE FROM refunds WHERE purpose = 2`, difference{"payment " + reference, "refund"}},
		{`UPDATE payouts SET amount = amount + 1 WHERE loan_id = @loan`, difference{"payout ", "booked"}},
		{`UPDATE payouts SET state = 4 WHERE loan_id = @loan`, difference{"payout ", "returned"}},
		{`UPDATE loans SET anchor_penalty = anchor_penalty + 1 WHERE id = @lost`, difference{of(lost), "penalty by the rules"}},
		{`UPDATE loans SET anchor_date = due_date + 2 WHERE id = @late`, difference{of(late), "penalty by the rules"}},
		{`UPDATE loans SET penalty_through = penalty_through - 1 WHERE id = @late`, difference{of(late), "penalty by the rules"}},
		{`INSERT INTO unmatched_receipts (id, brand, reference, quarantined, amount, paid_at, state, recorded_at) VALUES (1, 'CycleCash', 'nobody', false, 5, now(), 0, now())`, difference{"receipt nobody", "booked"}},
		{`UPDATE payouts SET state = 3 WHERE loan_id = @loan`, difference{"payout ", "booked"}},
		{`DELETE FROM ledger_postings WHERE batch_id = @batch AND account = 'gateway_clearing'`, difference{"batch ", "sum"}},
		{`DELETE FROM ledger_postings WHERE batch_id = @batch`, difference{"batch ", "postings"}},
		{`DELETE FROM ledger_batches WHERE id = @batch`, difference{"batch ", "batch"}},
		{`DELETE FROM ledger_batches WHERE kind = 'card_charge'`, difference{"charge cpb-", "paid_amount"}},
		{`UPDATE ledger_postings SET amount = amount + 1 WHERE batch_id = @batch AND account = 'gateway_clearing'`, difference{"batch ", "sum"}},
		{`UPDATE ledger_postings SET amount = amount * 2 WHERE batch_id = @batch`, difference{"payment " + reference, "amount"}},
		{`UPDATE ledger_postings SET loan_id = @lost WHERE batch_id = @batch`, difference{"batch ", "owner"}},
		{`UPDATE ledger_postings SET borrower_id = @stranger WHERE batch_id = @batch AND account = 'borrower_credit'`, difference{"batch ", "owner"}},
		{`UPDATE ledger_batches SET borrower_id = @stranger WHERE id = @batch`, difference{"batch ", "owner"}},
		{`UPDATE ledger_batches SET kind = 'waiver' WHERE id = @batch`, difference{of(b), "paid.principal"}},
		{`UPDATE ledger_batches SET key = key || 'x' WHERE id = @batch`, difference{"payment " + reference, "amount"}},
		{`UPDATE ledger_postings SET account = 'interest_income' WHERE account = 'service_fee_income' AND loan_id = @loan`, difference{of(b), "service_fee_income"}},
		{`UPDATE ledger_postings SET account = 'waiver' WHERE account = 'write_off'`, difference{of(lost), "write_off"}},
	}
	for _, part := range []string{"principal", "service_fee", "interest", "penalty"} {
		for _, total := range []string{"charged", "paid", "waived", "coupon", "rebated", "written_off", "reversed"} {
			plants = append(plants, struct {
				sql  string
				want difference
			}{fmt.Sprintf(`UPDATE loans SET %[1]s_%[2]s = %[1]s_%[2]s + 1 WHERE id = @loan`, total, part), difference{of(b), total + "." + part}})
		}
	}
	args := []string{}
	for name, id := range map[string]int64{"@loan": b.loan, "@lost": lost.loan, "@late": late.loan, "@borrower": b.id, "@stranger": stranger.id, "@intent": w.intent(reference).ID,
		"@batch": w.scalar(`SELECT id FROM ledger_batches WHERE kind = 'payment' AND key LIKE '%' || $1`, reference)} {
		args = append(args, name, strconv.FormatInt(id, 10))
	}
	plant := strings.NewReplacer(args...)
	exec := func(sql ...string) {
		t.Helper() // neither triggers nor foreign keys stand in the way
		testkit.Exec(t, w.url, "SET session_replication_role = replica; "+strings.Join(sql, "; "))
	}
	exec(`ALTER TABLE loans DROP CONSTRAINT loans_outstanding_not_negative, DROP CONSTRAINT loans_check`)
	tables := []string{"loans", "payments", "payment_intents", "refunds", "payouts", "unmatched_receipts", "ledger_batches", "ledger_postings"}
	var undo []string
	for _, table := range tables {
		exec(`CREATE TABLE kept_` + table + ` AS TABLE ` + table)
		undo = append(undo, `DELETE FROM `+table, `INSERT INTO `+table+` TABLE kept_`+table)
	}
	for _, p := range plants {
		exec(plant.Replace(p.sql))
		audit, err := w.Verify(t.Context(), nil)
		w.must(err)
		if !slices.ContainsFunc(audit.Differences, func(d servicing.Difference) bool {
			return strings.HasPrefix(d.Subject, p.want.subject) && d.Field == p.want.field && d.Record != d.Ledger
		}) {
			t.Errorf("%s: want %s %s, found %v", p.sql, p.want.subject, p.want.field, audit.Differences)
		}
		exec(undo...)
		if audit, err := w.Verify(t.Context(), nil); err != nil || len(audit.Differences) > 0 {
			t.Fatalf("after %s was undone: %v, %v", p.sql, audit.Differences, err)
		}
	}
}

// What is being written while Verify looks is no difference.
func TestVerifyBesideTheBusiness(t *testing.T) {
	w := newWorld(t)
	var all []person
	for range 4 {
		all = append(all, w.cardholder("4084"))
	}
	var wg sync.WaitGroup
	var looks atomic.Int32
	for _, b := range all {
		wg.Go(func() {
			for n := 0; n < 12 || looks.Load() < 3 && n < 80; n++ {
				if _, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 10_000}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for running := true; running; looks.Add(1) {
		select {
		case <-done:
			running = false
		default:
		}
		var told int64
		audit, err := w.Verify(t.Context(), func(done, total int64) { told = done * 10 / total })
		if err != nil || len(audit.Differences) > 0 || audit.Loans != 4 || told != 10 {
			t.Errorf("%+v, %v", audit, err)
		}
		time.Sleep(time.Millisecond)
	}
	if n := looks.Load(); n < 3 {
		t.Errorf("looked only %d times", n)
	}
}

// A payout that came back cancels the loan; what was paid on it, before and after, is the borrower's, and the books still agree.
func TestVerifyKnowsPayoutsThatCameBack(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	page := w.page(b)
	_, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 100_000})
	w.must(err)
	w.late(b, 3)
	w.clk.Advance(24 * time.Hour) // a day whose penalty the daily run has not charged
	w.reverse(b)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	w.wantState(b.loan, lending.Reversed)
	w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.BorrowerCredit: -owed - 100_000, ledger.PenaltyIncome: 0, ledger.PrincipalReceivable: 0})
	audit, err := w.Verify(t.Context(), nil)
	if err != nil || len(audit.Differences) > 0 {
		t.Errorf("%v, %v", audit.Differences, err)
	}
	w.house += 600_000 // the test does not make the gateway's transfer come back
}
