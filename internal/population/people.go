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
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/origination"
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
	before map[ledger.Account]money.Kobo // what the ledger held before the first of them
	out    money.Kobo                    // paid out to them when they were made
}

// Borrowers is how many there are, Loans how many loans they have had.
func (p *Population) Borrowers() int { return len(p.people) }

// Loans is how many loans they have had.
func (p *Population) Loans() int { return len(p.papers) }

// Seed makes n borrowers of the demo brand, each with a profile, a bank account and one loan that was paid out within its term before
// now and is not due yet. The brand and its products must be there (seed.Base). The same seed gives the same people and prices;
// numbers are drawn anew, so that a second population fits beside the first. progress, which may be nil, is told how many are
// done. What was made before an error stays.
func Seed(ctx context.Context, st *store.Store, n int, now time.Time, seed uint64, progress func(done, total int)) (*Population, error) {
	before, err := st.AccountTotals(ctx)
	if err != nil {
		return nil, err
	}
	rng := mrand.New(mrand.NewPCG(seed, 1))
	p := &Population{before: before}
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
		sales := make([]sale, len(people))
		for i, made := range people {
			p.people = append(p.people, personOf(made))
			product := pick(rng, 0)
			sales[i] = sale{person: len(p.people) - 1, product: product, at: now.Add(-time.Duration(rng.Int64N(int64(product.TermDays)*24*60)) * time.Minute)}
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
		LastName: n.Profile.LastName, Mobile: n.Mobile, MaskedBVN: n.Profile.BVN[:3] + "******" + n.Profile.BVN[9:], BankCode: n.Account.BankCode,
		BankName: n.Account.BankName, AccountNo: n.Account.AccountNo, AccountName: n.Account.AccountName}}
}

// pick draws a product that a borrower with so many prior loans may have.
func pick(rng *mrand.Rand, prior int) lending.Product {
	products := slices.DeleteFunc(lending.DemoProducts(), func(p lending.Product) bool { return p.MinPriorLoans > prior })
	return products[rng.IntN(len(products))]
}

// sale is a loan to be paid out at an instant.
type sale struct {
	person  int
	product lending.Product
	at      time.Time
}

// sell pays loans out in one transaction, opens a paper for each and returns what left for the borrowers.
func (p *Population) sell(ctx context.Context, st *store.Store, rng *mrand.Rand, sales []sale) (paid money.Kobo, err error) {
	loans := make([]store.PaidOutLoan, len(sales))
	for i, s := range sales {
		if loans[i], err = p.paidOut(s); err != nil {
			return 0, err
		}
	}
	err = st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddPaidOutLoans(ctx, lending.DemoBrand, loans)
	})
	if err != nil {
		return 0, err
	}
	for i, s := range sales {
		who := &p.people[s.person]
		who.loans++
		who.busy = true
		l := loans[i].Loan
		p.papers = append(p.papers, newPaper(l.ID, s.person, l.Loan, natureOf(rng, s.product.TermDays)))
		paid += loans[i].Payout.Amount
	}
	return paid, nil
}

func (p *Population) paidOut(s sale) (out store.PaidOutLoan, err error) {
	who := p.people[s.person]
	terms, err := s.product.Price()
	if err != nil {
		return out, err
	}
	at := s.at.UTC().Truncate(time.Microsecond)
	l := lending.NewLoan(terms, s.product.Conditions)
	l.State = lending.Disbursing
	if l, err = lending.Disburse(l, at); err != nil {
		return out, err
	}
	photo, err := randomHex(16)
	if err != nil {
		return out, err
	}
	reference, err := randomHex(16)
	if err != nil {
		return out, err
	}
	asked := at.Add(-2 * time.Minute)
	out.Loan = store.Loan{BorrowerID: who.id, ProductID: s.product.ID, ProductVersion: s.product.Version, Loan: l, ApplyTerminal: 1, PriorLoans: who.loans, RiskStatus: 2,
		RiskAt: asked, BankAccountID: who.account, HeadImage: fmt.Sprintf("%s-%s-4%s-8%s-%s", photo[:8], photo[8:12], photo[13:16], photo[17:20], photo[20:]), CreatedAt: asked,
		ApprovedAt: asked, Snapshot: who.snapshot}
	out.Payout = store.Payout{Reference: origination.PayoutPrefix + reference, Amount: terms.Disbursed, BankAccountID: who.account, RecipientCode: who.bank,
		GatewayStatus: "success", Sends: 1, SentAt: at.Add(-time.Minute), CreatedAt: at.Add(-time.Minute), ConcludedAt: at}
	return out, nil
}

func randomHex(n int) (string, error) {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return hex.EncodeToString(b), nil
}
