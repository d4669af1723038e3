//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/bench/rig"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/population"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
)

const (
	brand   = lending.DemoBrand
	people  = 7000  // of each kind, on each side: as many applications as are made in the time of one measurement, and some more
	past    = 20    // settled loans of each borrower who has loans
	intents = 90000 // payments to be booked, on each side
	part    = 1000  // kobo, of each payment

	// Our side's rows have ids that the program made. pgbench's are numbered, so that it can name them by arithmetic.
	applicants = 1_000_000 // pgbench's borrowers who apply
	debtors    = 2_000_000 // pgbench's borrowers who have loans, and their open loans
	ourIntents = 4_000_000_000_000_000
	itsIntents = 5_000_000_000_000_000
)

// world is the database that both sides work on.
type world struct {
	url        string
	keys       *seal.Keys
	clk        clock.Clock
	applicants []int64
	accounts   []int64 // of the applicants
	debtors    []int64
	loans      []int64 // the open loans of debtors, in their order
}

func newWorld(ctx context.Context, r *rig.Rig, url string) (*world, error) {
	if _, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	text, err := seal.NewMasterKey()
	if err != nil {
		return nil, err
	}
	master, err := seal.ParseMasterKey(text)
	if err != nil {
		return nil, err
	}
	w := &world{url: url, clk: clock.System{}}
	if w.keys, err = seal.New(master); err != nil {
		return nil, err
	}
	st, err := w.open(ctx, 4, nil)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	if _, err := seed.Base(ctx, st); err != nil {
		return nil, err
	}
	if _, err := population.Seed(ctx, st, population.Plan{Borrowers: people, Seed: 1}, w.clk.Now(), func(int, int) {}); err != nil {
		return nil, err
	}
	if err := w.addApplicants(ctx, st); err != nil {
		return nil, err
	}
	return w, w.multiply(ctx)
}

// open opens a store as a server does, behind the wall between brands.
func (w *world) open(ctx context.Context, conns int, tracer pgx.QueryTracer) (*store.Store, error) {
	st, err := store.Open(store.Options{URL: w.url, MaxConns: conns, AcquireTimeout: 10 * time.Second, Log: slog.New(slog.DiscardHandler), Tracer: tracer}, w.keys, w.clk)
	if err != nil {
		return nil, err
	}
	up, err := st.RaiseWall(ctx)
	if err == nil && !up {
		err = fmt.Errorf("the wall between brands is not up")
	}
	return st, err
}

// addApplicants makes borrowers who have all that an application needs and no loan.
func (w *world) addApplicants(ctx context.Context, st *store.Store) error {
	all := make([]store.NewPerson, people)
	for i := range all {
		all[i] = store.NewPerson{Brand: brand, Mobile: fmt.Sprintf("+23481%08d", i), PasswordHash: "generated",
			Profile: store.Profile{FirstName: "Ada", LastName: "Obi", BVN: fmt.Sprintf("23%09d", i), Birthday: clock.NewDate(1994, 5, 17), Gender: 2,
				Email: fmt.Sprintf("a%d@example.com", i), CityCode: "25001"},
			Account: store.BankAccount{BankCode: "058", BankName: "Guaranty Trust Bank", AccountNo: fmt.Sprintf("%010d", i), AccountName: "OBI ADA", NameScoreBps: 10_000}}
	}
	if err := st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.AddPeople(ctx, all) }); err != nil {
		return err
	}
	for _, p := range all {
		w.applicants, w.accounts = append(w.applicants, p.Profile.BorrowerID), append(w.accounts, p.Account.ID)
	}
	first := w.applicants[0]
	return st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { // the others get copies of what this one has
		if err := tx.SaveWorkInfo(ctx, store.WorkInfo{BorrowerID: first, EmploymentStatus: 1, IncomeCode: "3", Company: "Lagos Textiles"}); err != nil {
			return err
		}
		contact := store.EmergencyContact{Name: "Ada Obi", Mobile: "+2348000000001", Relation: 2}
		if err := tx.ReplaceEmergencyContacts(ctx, first, brand, []store.EmergencyContact{contact}); err != nil {
			return err
		}
		for _, purpose := range []string{store.ConsentCreditCheck, store.ConsentDataProcessing} {
			if _, err := tx.AddConsent(ctx, first, purpose, "2026-01", true); err != nil {
				return err
			}
		}
		return nil
	})
}

// multiply makes the rest with one statement a table.
func (w *world) multiply(ctx context.Context) error {
	db, err := pgx.Connect(ctx, w.url)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	rows, err := db.Query(ctx, `SELECT id, borrower_id FROM loans ORDER BY id`)
	if err != nil {
		return err
	}
	var loan, borrower int64
	if _, err := pgx.ForEachRow(rows, []any{&loan, &borrower}, func() error {
		w.loans, w.debtors = append(w.loans, loan), append(w.debtors, borrower)
		return nil
	}); err != nil {
		return err
	}
	// Copies need no check of what the model has passed: constraints hold for rows that the program writes afterwards.
	if _, err := db.Exec(ctx, `SET session_replication_role = replica`); err != nil {
		return err
	}
	for _, rows := range lives(w) {
		if err := rows.Insert(ctx, db); err != nil {
			return err
		}
	}
	for _, statement := range []string{`VACUUM ANALYZE`, `CHECKPOINT`} {
		if _, err := db.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// reopen closes the loans that were applied for, so that the same borrowers can apply again.
func (w *world) reopen(ctx context.Context) error {
	db, err := pgx.Connect(ctx, w.url)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	for _, statement := range []string{`SET session_replication_role = replica`, `UPDATE loans SET status = 31 WHERE status = 1`,
		`TRUNCATE river_job`, `VACUUM (ANALYZE) loans, operations, messages, message_counters`, `CHECKPOINT`} {
		if _, err := db.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
