package population

import (
	"context"
	"fmt"
	mrand "math/rand/v2"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// refuse gives new borrowers applications that were refused, one in about two weeks, the last at least two months ago.
func (p Plan) refuse(ctx context.Context, st *store.Store, people []store.NewPerson, now time.Time) error {
	rng := mrand.New(mrand.NewPCG(p.Seed, 4))
	for round := p.Refused - 1; round >= 0; round-- {
		loans := make([]store.Loan, len(people))
		for i, made := range people {
			who, product := personOf(made), p.pick(rng, 0)
			terms, err := product.Price()
			if err != nil {
				return err
			}
			photo, err := randomPhoto()
			if err != nil {
				return err
			}
			ago := time.Duration(rng.IntN(14*24*60)) * time.Minute
			asked := now.AddDate(0, 0, -60-14*round).Add(-ago).UTC().Truncate(time.Microsecond)
			l := lending.NewLoan(terms, product.Conditions)
			l.State = lending.RejectedRisk
			loans[i] = store.Loan{BorrowerID: who.id, ProductID: product.ID, ProductVersion: product.Version, Loan: l, ApplyTerminal: 1, RiskStatus: lending.Reject.RiskStatus(),
				RiskReason: "Score below the limit", RiskDetail: "We sincerely apologize as you do not meet our lending criteria.", RiskAt: asked.Add(time.Minute),
				BankAccountID: who.account, HeadImage: photo, CreatedAt: asked, Snapshot: who.snapshot}
		}
		if err := st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.AddRefusedLoans(ctx, lending.DemoBrand, loans)
		}); err != nil {
			return fmt.Errorf("refused applications: %w", err)
		}
	}
	return nil
}

// randomPhoto is the code of a photograph that nobody has.
func randomPhoto() (string, error) {
	photo, err := randomHex(16)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s-%s-4%s-8%s-%s", photo[:8], photo[8:12], photo[13:16], photo[17:20], photo[20:]), nil
}
