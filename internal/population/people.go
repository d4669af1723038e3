// Package population makes borrowers with loans in bulk, lets them live for virtual days with random behaviour through the same code
// that a deployment runs, and holds what the system says of them against books of its own. It may import everything below the server.
package population

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	mrand "math/rand/v2"
	"slices"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// seedBatch is how many borrowers one transaction makes.
const seedBatch = 1000

// noPassword is no argon2id hash: nobody can sign in as a generated borrower.
const noPassword = "generated"

// person is a borrower of the population.
type person struct {
	id, account int64
	bank        string
	snapshot    store.LoanSnapshot
	loans       int  // paid out so far
	busy        bool // has an open loan, or a debt that was written off
}

// Population is the generated borrowers and the clerk's papers of their loans.
type Population struct {
	people []person
	papers []*paper
	plan   Plan
	before map[ledger.Account]money.Kobo // what the ledger held before the first of them
	out    money.Kobo                    // paid out to them when they were made
}

// Borrowers is how many there are, Loans how many loans they have had.
func (p *Population) Borrowers() int { return len(p.people) }

// Loans is how many loans they have had.
func (p *Population) Loans() int { return len(p.papers) }

// Plan says what kind of population is made.
type Plan struct {
	Borrowers int
	// Seed is where all randomness comes from: the same seed gives the same people, prices and behaviour.
	Seed uint64
	// Products are what is lent; none means the demo products. What is not in the database is added.
	Products []lending.Product
	// Refused is how many applications of each borrower were refused before the first loan.
	Refused int
	// Rest is how many days pass on average between two loans of a borrower; 0 means 6.
	Rest int
}

func (p Plan) withDefaults() Plan {
	if len(p.Products) == 0 {
		p.Products = lending.DemoProducts()
	}
	if p.Rest == 0 {
		p.Rest = 6
	}
	return p
}

// AllProducts are the demo products and some that nobody would sell: clawed back grace, another order of allocation, no cap, an upfront
// fee, figures that do not divide evenly.
func AllProducts() []lending.Product {
	odd := func(id int64, principal, service, upfront money.Kobo, days, bps int, c lending.Conditions) lending.Product {
		return lending.Product{ID: id, Brand: lending.DemoBrand, Name: fmt.Sprintf("Odd %d", id), Principal: principal, TermDays: days, ServiceFee: service,
			InterestDailyBps: bps, UpfrontFee: upfront, EffectiveFrom: time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC), Conditions: c}.WithDefaults()
	}
	return append(lending.DemoProducts(),
		odd(901, 1_234_567, 77_777, 0, 30, 33, lending.Conditions{PenaltyDailyBps: 77, PenaltyCapBps: 3_333, GraceDays: 5, GraceMode: lending.GraceClawback,
			ExtensionFee: 33_333, ExtensionDays: 11, MaxExtensions: 3}),
		odd(902, 999_999, 0, 49_999, 14, 47, lending.Conditions{PenaltyDailyBps: 133, ExtensionFee: 11_111, MaxExtensions: 1, RebateInterest: true,
			Allocation: money.Order{money.Principal, money.Interest, money.ServiceFee, money.Penalty}}),
		odd(903, 20_000_001, 500_001, 1, 61, 9, lending.Conditions{PenaltyDailyBps: 50, PenaltyCapBps: 100, GraceDays: 1, GraceMode: lending.GraceClawback,
			RebateInterest: true, Allocation: money.Order{money.Interest, money.Penalty, money.Principal, money.ServiceFee}}),
	)
}

// Coupons is how many of the loans a coupon paid for.
func (p *Population) Coupons() (n int) {
	for _, l := range p.papers {
		if l.coupon != 0 {
			n++
		}
	}
	return n
}

// Seed makes borrowers of the demo brand, each with a profile, a bank account and one loan that was paid out within its term before
// now and is not due yet. The brand must be there (seed.Base). Numbers are drawn anew, so that a second population fits beside the
// first. progress, which may be nil, is told how many are done. What was made before an error stays.
func Seed(ctx context.Context, st *store.Store, plan Plan, now time.Time, progress func(done, total int)) (*Population, error) {
	before, err := st.AccountTotals(ctx)
	if err != nil {
		return nil, err
	}
	plan = plan.withDefaults()
	rng, n := mrand.New(mrand.NewPCG(plan.Seed, 1)), plan.Borrowers
	p := &Population{plan: plan, before: before}
	if err := st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return addProducts(ctx, tx, plan.Products) }); err != nil {
		return nil, err
	}
	first, err := randomNumber(400_000_000)
	if err != nil {
		return nil, err
	}
	for made := 0; made < n; {
		people := make([]store.NewPerson, min(seedBatch, n-made))
		for i := range people {
			people[i] = newPerson(rng, first+made+i)
		}
		if err := st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.AddPeople(ctx, people) }); err != nil {
			return p, err
		}
		if err := plan.refuse(ctx, st, people, now); err != nil {
			return p, err
		}
		sales := make([]sale, len(people))
		for i, made := range people {
			p.people = append(p.people, personOf(made))
			product := plan.pick(rng, 0)
			ago := time.Duration(rng.Int64N(int64(product.TermDays)*24*60)) * time.Minute
			sales[i] = sale{person: len(p.people) - 1, product: product, at: now.Add(-ago).UTC().Truncate(time.Microsecond)}
		}
		paid, err := p.sell(ctx, st, rng, sales)
		if err != nil {
			return p, err
		}
		p.out += paid
		made += len(people)
		if progress != nil {
			progress(made, n)
		}
	}
	return p, nil
}

func randomNumber(below int) (int, error) {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, err
	}
	return int(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3])) % below, nil
}

var (
	firstNames = []string{"Ada", "Bola", "Chidi", "Dayo", "Efe", "Funmi", "Gozie", "Halima", "Ife", "Jide", "Kemi", "Ladi", "Musa", "Ngozi", "Obi", "Sade", "Tunde", "Uche", "Yemi", "Zainab"}
	lastNames  = []string{"Adeyemi", "Bello", "Chukwu", "Danjuma", "Eze", "Fashola", "Garba", "Hassan", "Ibrahim", "Johnson", "Kalu", "Lawal", "Mohammed", "Nwosu", "Okafor", "Peters", "Sanni", "Taiwo", "Umar", "Williams"}
	networks   = []string{"70", "80", "81", "90", "91"}
)

// newPerson is borrower number i: numbers of borrowers that differ give mobile, BVN and account numbers that differ.
func newPerson(rng *mrand.Rand, i int) store.NewPerson {
	first, last := firstNames[rng.IntN(len(firstNames))], lastNames[rng.IntN(len(lastNames))]
	return store.NewPerson{Brand: lending.DemoBrand, Mobile: fmt.Sprintf("+234%s%08d", networks[i/100_000_000%len(networks)], i%100_000_000), PasswordHash: noPassword,
		Profile: store.Profile{FirstName: first, LastName: last, BVN: fmt.Sprintf("22%09d", i), Birthday: clock.NewDate(1965+rng.IntN(38), 1+time.Month(rng.IntN(12)), 1+rng.IntN(28)),
			Gender: 1 + rng.IntN(2), Email: fmt.Sprintf("borrower%d@example.com", i), Address: fmt.Sprintf("%d Marina Road", 1+rng.IntN(200))},
		Account: store.BankAccount{BankCode: "058", BankName: "Guaranty Trust Bank", AccountNo: fmt.Sprintf("0%09d", i), AccountName: last + " " + first, NameScoreBps: 10_000,
			RecipientCode: fmt.Sprintf("RCP_%012d", i)}}
}

func personOf(n store.NewPerson) person {
	return person{id: n.Profile.BorrowerID, account: n.Account.ID, bank: n.Account.RecipientCode, snapshot: store.LoanSnapshot{FirstName: n.Profile.FirstName,
		LastName: n.Profile.LastName, Mobile: n.Mobile, MaskedBVN: mask.BVN(n.Profile.BVN), BankCode: n.Account.BankCode,
		BankName: n.Account.BankName, AccountNo: n.Account.AccountNo, AccountName: n.Account.AccountName}}
}

// pick draws a product that a borrower with so many prior loans may have.
func (p Plan) pick(rng *mrand.Rand, prior int) lending.Product {
	products := slices.DeleteFunc(slices.Clone(p.Products), func(p lending.Product) bool { return p.MinPriorLoans > prior })
	return products[rng.IntN(len(products))]
}

func randomHex(n int) (string, error) {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return hex.EncodeToString(b), nil
}
