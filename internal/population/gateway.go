package population

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
)

// Gateway is the payment gateway of a generated population, in memory: borrowers pay at it, it answers what was paid, gives money
// back when asked, and keeps its own count of what went in and out. It neither loses an answer nor declines; the faults of a real
// gateway are provider/simulator's. What a population has no use for, it refuses. It is safe for use by many goroutines.
type Gateway struct {
	mu       sync.Mutex
	charges  map[string]provider.ChargeResult
	refunds  map[string][]provider.RefundResult // by the charge's reference
	byID     map[string]provider.RefundResult
	returned map[string]provider.TransferResult // transfers that came back, by reference
	paidOut  money.Kobo
	paidIn   money.Kobo
	refunded money.Kobo
}

var _ provider.Payments = (*Gateway)(nil)

// NewGateway makes a gateway at which nothing has happened.
func NewGateway() *Gateway {
	return &Gateway{charges: map[string]provider.ChargeResult{}, refunds: map[string][]provider.RefundResult{}, byID: map[string]provider.RefundResult{},
		returned: map[string]provider.TransferResult{}}
}

// paidOutTo counts a transfer to a borrower.
func (g *Gateway) paidOutTo(amount money.Kobo) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paidOut += amount
}

// sendBack is a bank that returns a transfer.
func (g *Gateway) sendBack(reference string, amount money.Kobo, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paidOut -= amount
	g.returned[reference] = provider.TransferResult{Outcome: provider.OutcomeReversed, Status: "reversed", Reference: reference, Amount: amount,
		Currency: provider.Currency, UpdatedAt: at}
}

// pay is a borrower who pays under a reference.
func (g *Gateway) pay(reference string, amount money.Kobo, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paidIn += amount
	g.charges[reference] = provider.ChargeResult{Outcome: provider.OutcomeSucceeded, Status: "success", Reference: reference, ID: reference,
		Amount: amount, Currency: provider.Currency, PaidAt: at}
}

// balance is what all movements come to, in kobo: negative while more went out than came in.
func (g *Gateway) balance() money.Kobo {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paidIn - g.paidOut - g.refunded
}

// refundedSoFar is what went back to borrowers, in kobo.
func (g *Gateway) refundedSoFar() money.Kobo {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refunded
}

// VerifyCharge says what was paid under a reference. It returns provider.ErrNotFound where nothing was.
func (g *Gateway) VerifyCharge(_ context.Context, reference string) (provider.ChargeResult, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	charge, ok := g.charges[reference]
	if !ok {
		return charge, provider.ErrNotFound
	}
	return charge, nil
}

// Refund gives a part of a charge back, at once. It returns *provider.RejectedError for more than is left of the charge.
func (g *Gateway) Refund(_ context.Context, req provider.RefundRequest) (provider.RefundResult, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	charge, ok := g.charges[req.ChargeReference]
	left := charge.Amount
	for _, r := range g.refunds[req.ChargeReference] {
		left -= r.Amount
	}
	if !ok || req.Amount <= 0 || req.Amount > left {
		return provider.RefundResult{}, refused("refund")
	}
	r := provider.RefundResult{ID: strconv.Itoa(len(g.byID) + 1), Outcome: provider.OutcomeSucceeded, Status: "processed", ChargeReference: req.ChargeReference,
		Amount: req.Amount, Currency: provider.Currency, MerchantNote: req.MerchantNote}
	g.refunds[req.ChargeReference] = append(g.refunds[req.ChargeReference], r)
	g.byID[r.ID] = r
	g.refunded += req.Amount
	return r, nil
}

// VerifyRefund says what became of a refund, or provider.ErrNotFound.
func (g *Gateway) VerifyRefund(_ context.Context, id string) (provider.RefundResult, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r, ok := g.byID[id]
	if !ok {
		return r, provider.ErrNotFound
	}
	return r, nil
}

// ListRefunds lists the refunds of a charge, or returns provider.ErrNotFound.
func (g *Gateway) ListRefunds(_ context.Context, reference string) ([]provider.RefundResult, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.charges[reference]; !ok {
		return nil, provider.ErrNotFound
	}
	return append([]provider.RefundResult(nil), g.refunds[reference]...), nil
}

// Balance is what all movements come to.
func (g *Gateway) Balance(context.Context) (provider.Balance, error) {
	return provider.Balance{Amount: g.balance(), Currency: provider.Currency}, nil
}

func refused(what string) error {
	return fmt.Errorf("population: %w", &provider.RejectedError{Status: 400, Code: "unsupported_" + what})
}

// ListBanks is refused.
func (g *Gateway) ListBanks(context.Context) ([]provider.Bank, error) { return nil, refused("banks") }

// ResolveAccount is refused.
func (g *Gateway) ResolveAccount(context.Context, string, string) (provider.ResolvedAccount, error) {
	return provider.ResolvedAccount{}, refused("resolve")
}

// CreateRecipient is refused.
func (g *Gateway) CreateRecipient(context.Context, provider.RecipientRequest) (provider.Recipient, error) {
	return provider.Recipient{}, refused("recipient")
}

// Transfer is refused: payouts of a population are made by Seed.
func (g *Gateway) Transfer(context.Context, provider.TransferRequest) (provider.TransferResult, error) {
	return provider.TransferResult{}, refused("transfer")
}

// VerifyTransfer knows of the transfers that came back alone.
func (g *Gateway) VerifyTransfer(_ context.Context, reference string) (provider.TransferResult, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	result, ok := g.returned[reference]
	if !ok {
		return result, provider.ErrNotFound
	}
	return result, nil
}

// InitializeCheckout is refused: borrowers pay without a page.
func (g *Gateway) InitializeCheckout(context.Context, provider.CheckoutRequest) (provider.Checkout, error) {
	return provider.Checkout{}, refused("checkout")
}

// ChargeAuthorization is refused: no card is bound.
func (g *Gateway) ChargeAuthorization(context.Context, provider.ChargeRequest) (provider.ChargeResult, error) {
	return provider.ChargeResult{}, refused("card")
}

// BalanceLedger is refused.
func (g *Gateway) BalanceLedger(context.Context, int) (provider.LedgerPage, error) {
	return provider.LedgerPage{}, refused("ledger")
}
