package wire

import (
	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/servicing"
)

// Repayment is a payment intent on the wire.
func Repayment(r servicing.Repayment) api.Repayment {
	return api.Repayment{Amount: r.Amount.Wire(), AuthorizationURL: r.AuthorizationURL, ExpireTime: Time(r.ExpiresAt), LoanID: ID(r.LoanID),
		Method: int32(r.Method), PayStatus: int32(r.Status), Reference: r.Reference, RemainingAmount: r.Remaining.Wire()}
}

// CardRepayment reads a request to charge a bound card. It returns VALIDATION_FAILED that names the field.
func CardRepayment(borrower int64, body api.RepayInfo, key *string) (servicing.CardRepayment, error) {
	r := servicing.CardRepayment{Borrower: borrower, Key: Text(key)}
	var err error
	if r.Loan, err = ParseOptionalID("id", body.ID); err != nil {
		return r, err
	}
	if r.Account, err = ParseOptionalID("cardId", body.CardID); err != nil {
		return r, err
	}
	if body.Amount != nil {
		// Nothing is not everything: only an amount that is left out means the whole debt.
		if r.Amount, err = money.Parse(*body.Amount); err != nil || r.Amount <= 0 {
			return r, fault.Invalid("amount", "must be an amount in kobo above zero: decimal digits")
		}
	}
	return r, nil
}
