package origination

import (
	"fmt"

	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/store"
)

// message tells the borrower of an event of a loan. Each event happens to a loan once, so a job that runs again tells nothing twice.
func message(l store.Loan, event string) store.NewMessage {
	params := map[string]string{"amount": l.Terms.Disbursed.String(), "bank": l.Snapshot.BankName, "account": mask.Account(l.Snapshot.AccountNo)}
	switch event {
	case store.EventApplicationReceived, store.EventApplicationApproved, store.EventApplicationRejected, store.EventApplicationInReview:
		params["amount"] = l.Terms.Principal.String()
	case store.EventPayoutSent:
		params["due_amount"], params["due_date"] = (l.Terms.Due - l.Coupon.Total()).String(), l.DueDate().String()
	}
	return store.NewMessage{Borrower: l.BorrowerID, Event: event, DedupeKey: fmt.Sprintf("%s:%d", event, l.ID), Params: params}
}
