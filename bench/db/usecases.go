//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/blobstore"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// useCase is something that both sides do.
type useCase struct {
	name  string
	share float64 // of pgbench's rate, which ours must reach
	// call does it once; the number says for whom.
	call func(ctx context.Context, n int) error
	// set is how pgbench finds the rows of call number :n, and values says which values of the recorded call those are.
	set    string
	values func(w *world, n int) known
	reset  bool // the same borrowers can do it again only after world.reopen
	spent  int  // how many calls there are rows for; 0 for no end
}

// gateway says of every charge that it was paid, at once: what is measured is the database.
type gateway struct{ provider.Payments }

// VerifyCharge implements the one method of provider.Payments that is asked for.
func (gateway) VerifyCharge(_ context.Context, reference string) (provider.ChargeResult, error) {
	return provider.ChargeResult{Outcome: provider.OutcomeSucceeded, Status: "success", Reference: reference, Amount: part, Currency: "NGN", PaidAt: time.Now()}, nil
}

// program is our side: the capabilities over one store.
type program struct {
	store     *store.Store
	blobs     *blobstore.Store
	loans     *origination.Service
	servicing *servicing.Service
}

func newProgram(ctx context.Context, w *world, st *store.Store) (*program, error) {
	quiet := slog.New(slog.DiscardHandler)
	blobs, err := blobstore.Open(ctx, "mem://")
	if err != nil {
		return nil, err
	}
	loans, err := origination.New(st, gateway{}, blobs, w.clk, origination.Config{}, quiet)
	if err != nil {
		return nil, err
	}
	return &program{st, blobs, loans, servicing.New(st, gateway{}, w.clk, servicing.Config{}, quiet)}, nil
}

func (p *program) close() {
	_ = p.blobs.Close()
	_ = p.store.Close()
}

// photo stands for a photograph that was taken in: decoding one is no work of the database's.
var photo = origination.Photo{JPEG: make([]byte, 2048), Width: 48, Height: 64}

// keyText begins the idempotency keys of our applications.
const keyText = "bench-db-"

func (p *program) useCases(w *world) []useCase {
	return []useCase{
		{name: "application", share: 0.70, reset: true,
			call: func(ctx context.Context, n int) error {
				_, err := p.loans.Apply(ctx, origination.Application{Borrower: w.applicants[n%people], ProductID: 301, Terminal: 1,
					Key: fmt.Sprintf("%s%016d", keyText, n), Photos: []origination.Photo{photo}})
				return err
			},
			set: fmt.Sprintf("\\set borrower %d + :n %% %d\n", applicants, people),
			values: func(w *world, n int) known {
				return known{fmt.Sprint(w.applicants[n%people]): ":borrower", fmt.Sprint(w.accounts[n%people]): ":borrower",
					fmt.Sprintf("%s%016d", keyText, n): "(:base::text || '-' || :n::text)"}
			}},
		{name: "repayment", share: 0.70, spent: intents,
			call: func(ctx context.Context, n int) error {
				return p.servicing.ApplyCharge(ctx, fmt.Sprintf("bench-%d", ourIntents+n))
			},
			set: fmt.Sprintf("\\set intent %d + :n\n\\set loan %d + :n %% %d\n\\set borrower :loan\n", int64(itsIntents), debtors, people),
			values: func(w *world, n int) known {
				return known{fmt.Sprint(w.debtors[n%people]): ":borrower", fmt.Sprint(w.loans[n%people]): ":loan",
					fmt.Sprintf("bench-%d", ourIntents+n): "('bench-' || :intent::text)", fmt.Sprint(ourIntents + n): ":intent"}
			}},
		{name: "history", share: 0.50,
			call: func(ctx context.Context, n int) error {
				page, err := p.loans.Loans(ctx, w.debtors[n%people], 1, 10)
				if err == nil && (len(page.Loans) != 10 || page.Total != past+1) {
					err = fmt.Errorf("a page of %d loans of %d", len(page.Loans), page.Total)
				}
				return err
			},
			set: fmt.Sprintf("\\set borrower %d + :n %% %d\n", debtors, people),
			values: func(w *world, n int) known {
				return known{fmt.Sprint(w.debtors[n%people]): ":borrower"}
			}},
	}
}
