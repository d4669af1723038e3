package servicing

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// CardRepayment asks for a charge of a bound card.
type CardRepayment struct {
	Borrower int64
	Loan     int64      // 0 means the open loan
	Account  int64      // the bank account whose card is charged; 0 means the default account
	Amount   money.Kobo // 0 means all that is owed
	Key      string     // the client's idempotency key, or ""
}

func (r CardRepayment) params() []byte {
	return fmt.Appendf(nil, "loan=%d account=%d amount=%d", r.Loan, r.Account, r.Amount)
}

// repayResult is what an operation of repayLoan stores for its repeats.
type repayResult struct {
	Repayment Repayment
	Declined  bool
}

func (r repayResult) answer() (Repayment, error) {
	if r.Declined {
		return Repayment{}, fault.New(catalog.CardDeclined)
	}
	return r.Repayment, nil
}

// RepayByCard charges the bound card. The intent and its reference are committed before the gateway hears of them, so a
// charge whose answer is lost is found again by its reference and never repeated under another one. Without a key the
// loan's one undecided card charge is the natural key: a second one is PAYMENT_IN_PROGRESS. It returns LOAN_NOT_FOUND,
// CARD_NOT_FOUND, LOAN_NOT_OWING, PAYMENT_IN_PROGRESS, IDEMPOTENCY_KEY_REUSED, OPERATION_IN_PROGRESS,
// AMOUNT_OUT_OF_RANGE, CARD_NOT_BOUND, CARD_DECLINED and GATEWAY_UNAVAILABLE. replayed says that the answer is that of an
// earlier call with the same key.
func (s *Service) RepayByCard(ctx context.Context, r CardRepayment) (answer Repayment, replayed bool, err error) {
	var plan chargePlan
	var earlier *repayResult
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		earlier = nil
		op, err := tx.ClaimOperation(ctx, store.OperationKey{Borrower: r.Borrower, Kind: "repayLoan", Key: r.Key, Params: r.params()})
		if err != nil {
			return err
		}
		if op.Replayed {
			earlier = new(repayResult)
			return json.Unmarshal(op.Result, earlier)
		}
		plan, err = s.planCharge(ctx, tx, r, op)
		return err
	})
	if err != nil {
		return Repayment{}, false, err
	}
	if earlier != nil {
		answer, err = earlier.answer()
		return answer, true, fault.Replay(err)
	}
	if plan.over != nil {
		answer, err = plan.over.answer()
		return answer, false, err
	}
	// From here on the charge goes its way to the end, also when the caller has hung up.
	answer, err = s.charge(context.WithoutCancel(ctx), plan)
	return answer, false, err
}

// chargePlan is a committed charge and what the gateway must be told; nothing where over says how it stands already.
type chargePlan struct {
	intent store.Intent
	card   store.Card
	over   *repayResult
}

// planCharge checks what may be charged and commits to it: everything that can refuse the call comes before the intent.
func (s *Service) planCharge(ctx context.Context, tx *store.Tx, r CardRepayment, op store.Operation) (chargePlan, error) {
	var none chargePlan
	if err := tx.LockBorrower(ctx, r.Borrower); err != nil {
		return none, err
	}
	found, err := loanToRepay(ctx, tx, r.Borrower, r.Loan)
	if err != nil {
		return none, err
	}
	l, err := tx.LockLoan(ctx, found.ID)
	if err != nil {
		return none, err
	}
	payoff, err := lending.PayoffAt(l.Loan, tx.Now())
	if err != nil {
		return none, asFault(err)
	}
	amount := r.Amount
	if amount == 0 {
		amount = payoff.Amount
	}
	switch {
	case payoff.Amount <= 0:
		return none, fault.New(catalog.LoanNotOwing)
	case amount < 0 || amount > payoff.Amount:
		return none, fault.New(catalog.AmountOutOfRange).WithField("amount", "must be above zero and not more than what is owed")
	}
	card, err := cardToCharge(ctx, tx, r.Borrower, r.Account)
	if err != nil {
		return none, err
	}
	inProgress := fault.New(catalog.PaymentInProgress).WithRetryAfter(5 * time.Second)
	if _, err := tx.OpenIntentOfLoan(ctx, l.ID, store.IntentCardCharge); err == nil {
		return none, inProgress
	} else if !errors.Is(err, store.ErrNotFound) {
		return none, err
	}
	reference, err := s.chargeReference(r)
	if err != nil {
		return none, err
	}
	wanted := store.Intent{Brand: l.Brand, BorrowerID: l.BorrowerID, Kind: store.IntentCardCharge, LoanID: l.ID,
		BankAccountID: card.BankAccountID, CardID: card.ID, OperationID: op.ID, Reference: reference, Amount: amount,
		NextCheckAt: tx.Now().Add(2 * s.config.GatewayTimeout), ExpiresAt: tx.Now().Add(s.config.CheckoutLife)}
	intent, err := tx.OpenCardCharge(ctx, wanted)
	switch {
	case store.IsDuplicate(err, "payment_intents_one_card_charge"):
		return none, inProgress
	case errors.Is(err, store.ErrStale) && (intent.State == store.IntentPaid || intent.State == store.IntentQuarantined):
		// The books had lost the charge, and have its money again as a receipt.
		over := repayResult{Repayment: s.view(l, intent)}
		return chargePlan{over: &over}, tx.FinishOperation(ctx, op, over)
	case errors.Is(err, store.ErrStale):
		return none, inProgress
	}
	return chargePlan{intent: intent, card: card}, err
}

// chargeReference is the reference of a charge. That of a request with a key follows from the key, so that its repeat on books that were
// restored to a point before the charge asks for it under the same one, and the gateway, which takes a reference once, says what it did
// the first time.
func (s *Service) chargeReference(r CardRepayment) (string, error) {
	if r.Key == "" {
		return newReference(CardPrefix)
	}
	index := s.store.Keys().Blind("card charge reference", strconv.FormatInt(r.Borrower, 10), r.Key)
	return CardPrefix + hex.EncodeToString(index[:16]), nil
}

func cardToCharge(ctx context.Context, tx *store.Tx, borrower, account int64) (store.Card, error) {
	var a store.BankAccount
	var err error
	if account == 0 {
		a, err = tx.DefaultBankAccount(ctx, borrower)
	} else {
		a, err = tx.BankAccount(ctx, borrower, account)
	}
	if errors.Is(err, store.ErrNotFound) {
		return store.Card{}, fault.New(catalog.CardNotFound)
	}
	if err != nil {
		return store.Card{}, err
	}
	card, err := tx.ActiveCard(ctx, borrower, a.ID)
	if errors.Is(err, store.ErrNotFound) {
		return store.Card{}, fault.New(catalog.CardNotBound)
	}
	return card, err
}

// charge makes the call and turns the gateway's answer into the caller's. An answer that is not conclusive leaves the intent to
// the sweep and tells the caller that it is not decided.
func (s *Service) charge(ctx context.Context, p chargePlan) (Repayment, error) {
	crashpoint.Reach(crashpoint.CardChargeIntended)
	call, cancel := context.WithTimeout(ctx, s.config.GatewayTimeout)
	charge, err := s.payments.ChargeAuthorization(call, provider.ChargeRequest{Email: p.card.Email, Amount: p.intent.Amount,
		AuthorizationCode: p.card.AuthorizationCode, Reference: p.intent.Reference})
	cancel()
	crashpoint.Reach(crashpoint.CardCharged)
	var refused *provider.RejectedError
	var result repayResult
	switch {
	case err == nil:
		result, err = s.settle(ctx, p.intent, charge)
	case errors.Is(err, provider.ErrDuplicateReference):
		// The gateway had it before our books did.
		result, err = s.settle(ctx, p.intent, s.asked(ctx, p.intent.Reference))
	case errors.As(err, &refused) && refused.Type != "local" && !errors.Is(err, provider.ErrInsufficientBalance):
		// The gateway does not charge this card: its authorization is over, or belongs to another address.
		result, err = s.settle(ctx, p.intent, provider.ChargeResult{Outcome: provider.OutcomeFailed, Status: "rejected"})
	case provider.IsConclusive(err):
		// Nothing happened at the gateway, and the fault is not the borrower's: the key is free for a repeat.
		s.log.Error("the gateway refuses card charges", "reference", p.intent.Reference, "error", err)
		if _, failErr := s.fail(ctx, p.intent, end{failure: "gateway_refused", release: true}); failErr != nil {
			return Repayment{}, failErr
		}
		return Repayment{}, gatewayAway(err)
	default:
		s.log.Warn("the outcome of a card charge is not known yet", "reference", p.intent.Reference, "error", err)
		result, err = s.settle(ctx, p.intent, provider.ChargeResult{Outcome: provider.OutcomePending})
	}
	if err != nil {
		return Repayment{}, err
	}
	return result.answer()
}

// asked is what the gateway says of a charge; a charge that is not decided where it says nothing.
func (s *Service) asked(ctx context.Context, reference string) provider.ChargeResult {
	call, cancel := context.WithTimeout(ctx, s.config.GatewayTimeout)
	defer cancel()
	charge, err := s.payments.VerifyCharge(call, reference)
	if err != nil {
		s.log.Warn("a charge that the gateway knows could not be looked at", "reference", reference, "error", err)
		return provider.ChargeResult{Outcome: provider.OutcomePending}
	}
	return charge
}
