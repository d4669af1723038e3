package origination

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Application asks for a loan.
type Application struct {
	Borrower  int64
	ProductID int64
	Terminal  int     // 1 Android, 2 iOS, 3 web
	QuoteID   string  // "": at today's price
	CouponID  int64   // 0 for none
	Key       string  // the client's Idempotency-Key, "" for none
	Photos    []Photo // 1 to 5, the first is the selfie
}

// Applied is what came of an application: the borrower's loans, the new one at the top.
type Applied struct {
	Page
	Replayed bool // the application was made before under the same key; this is what was answered then
}

// appliedPage is how many loans the answer shows.
const appliedPage = 10

// key is the operation that the application claims. The uploaded bytes stand in it, not the kept ones, so that a repeat is
// recognised whatever a newer version of this program makes of a picture.
func (a Application) key() store.OperationKey {
	parts := []string{fmt.Sprintf("product=%d terminal=%d quote=%s", a.ProductID, a.Terminal, a.QuoteID)}
	if a.CouponID != 0 {
		parts = append(parts, fmt.Sprintf("coupon=%d", a.CouponID))
	}
	for _, p := range a.Photos {
		parts = append(parts, hex.EncodeToString(p.Digest[:]))
	}
	return store.OperationKey{Borrower: a.Borrower, Kind: "applyLoan", Key: a.Key, Params: []byte(strings.Join(parts, "\n"))}
}

// Apply makes an application, once for each key: the loan, its photographs, the message and the job that decides come into being
// together or not at all. Without a key the open loan is what makes a repeat harmless: it is refused. It returns VALIDATION_FAILED,
// PRODUCT_NOT_FOUND, OPEN_LOAN_EXISTS, IDEMPOTENCY_KEY_REUSED, OPERATION_IN_PROGRESS, PROFILE_INCOMPLETE (with the missing steps),
// NOT_ELIGIBLE, QUOTE_INVALID, QUOTE_EXPIRED, COUPON_NOT_USABLE and UNAVAILABLE.
func (s *Service) Apply(ctx context.Context, a Application) (Applied, error) {
	if len(a.Photos) < 1 || len(a.Photos) > MaxPhotos {
		return Applied{}, fault.Invalid("files", fmt.Sprintf("must be 1 to %d photographs", MaxPhotos))
	}
	// A look before the photographs are stored: most repeats, and a second application, end here. Nothing is decided by it.
	start, err := s.store.ApplicationStart(ctx, a.key())
	if err != nil {
		return Applied{}, err
	}
	if start.Over {
		if done, found, err := s.appliedBefore(ctx, a.key()); err != nil || found {
			return done, err
		}
	}
	if start.OpenLoan && a.Key == "" {
		return Applied{}, fault.New(catalog.OpenLoanExists)
	}
	images, err := s.putPhotos(ctx, start, a.Photos)
	if err != nil {
		s.dropPhotos(ctx, images)
		return Applied{}, err
	}
	done, used, err := s.commit(ctx, a, images)
	if !used && certain(err) {
		s.dropPhotos(ctx, images)
	}
	return done, err
}

// certain says whether a transaction that ended like this has certainly not committed, or has without an error.
func certain(err error) bool {
	var f *fault.Error
	return err == nil || (errors.As(err, &f) && f.Entry.Status < 500)
}

// appliedBefore looks the key up without claiming it.
func (s *Service) appliedBefore(ctx context.Context, key store.OperationKey) (done Applied, found bool, err error) {
	var op store.Operation
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		op, found, err = tx.FindOperation(ctx, key)
		return err
	})
	if err != nil || !found {
		return Applied{}, false, err
	}
	done, err = replay(op)
	return done, true, err
}

func replay(op store.Operation) (Applied, error) {
	done := Applied{Replayed: true}
	err := json.Unmarshal(op.Result, &done.Page)
	return done, err
}

// commit is the transaction of an application; used says that it refers to the images.
func (s *Service) commit(ctx context.Context, a Application, images []store.Image) (done Applied, used bool, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		done, used, err = s.apply(ctx, tx, a, images)
		if store.IsDuplicate(err, "loans_one_open") {
			return fault.New(catalog.OpenLoanExists)
		}
		return err
	})
	if used && err == nil {
		crashpoint.Reach(crashpoint.ApplyCommitted)
	}
	return done, used, err
}

// apply is what the transaction does.
func (s *Service) apply(ctx context.Context, tx *store.Tx, a Application, images []store.Image) (done Applied, used bool, err error) {
	op, facts, err := tx.ClaimApplication(ctx, a.key(), a.ProductID)
	if err != nil {
		return done, false, err
	}
	if op.Replayed {
		done, err = replay(op)
		return done, false, err
	}
	loan, err := s.newLoan(ctx, tx, a, facts, images[0].Code)
	if err != nil {
		return done, false, err
	}
	if err := tx.AddMessage(ctx, message(loan, store.EventApplicationReceived)); err != nil {
		return done, false, err
	}
	if loan, err = tx.AddLoan(ctx, loan, images...); err != nil {
		return done, false, err
	}
	if loan, err = reserveCoupon(ctx, tx, a.CouponID, loan); err != nil {
		return done, false, err
	}
	if err := tx.Enqueue(ctx, job.DecideLoan{LoanID: loan.ID}, nil); err != nil {
		return done, false, err
	}
	page, err := tx.LoansPage(ctx, a.Borrower, 1, appliedPage)
	if err != nil {
		return done, false, err
	}
	done = Applied{Page: Page{page.Loans, page.Total, tx.Now()}}
	if err := tx.FinishOperation(ctx, op, done.Page); err != nil {
		return done, true, err
	}
	crashpoint.Reach(crashpoint.ApplyBeforeCommit)
	return done, true, nil
}

// newLoan checks an application, under the borrower's lock, and makes the loan it asks for.
func (s *Service) newLoan(ctx context.Context, tx *store.Tx, a Application, facts store.ApplicationFacts, selfie string) (store.Loan, error) {
	borrower, st := facts.Borrower, s.standingOf(facts.Ready)
	if st.OpenLoanID != 0 { // before the quote: a borrower with a loan is told of the loan
		return store.Loan{}, fault.New(catalog.OpenLoanExists)
	}
	product, terms, err := s.price(ctx, tx, facts, a)
	if err != nil {
		return store.Loan{}, err
	}
	applicant := st.Applicant()
	applicant.Selfie = len(a.Photos) > 0
	if err := lending.CheckApply(applicant, product, tx.Now()); err != nil {
		return store.Loan{}, asFault(err)
	}
	if tx.Now().Before(st.coolsUntil) {
		return store.Loan{}, fault.New(catalog.NotEligible).WithMessage("You cannot apply again yet. Please try again later.").WithCause(errors.New("cool-down"))
	}
	snapshot, account, err := snapshotOf(facts)
	if err != nil {
		return store.Loan{}, err
	}
	return store.Loan{ID: store.NewID(), Brand: borrower.Brand, BorrowerID: borrower.ID, ProductID: product.ID, ProductVersion: product.Version,
		Loan: lending.NewLoan(terms, product.Conditions), ApplyTerminal: a.Terminal, PriorLoans: st.PriorLoans, BankAccountID: account,
		HeadImage: selfie, Snapshot: snapshot}, nil
}

// price finds the product version and the terms that an application gets: those of its quote, or today's. A version that has gone
// off sale since its quote was given is still sold at it. It returns PRODUCT_NOT_FOUND, QUOTE_INVALID and QUOTE_EXPIRED.
func (s *Service) price(ctx context.Context, tx *store.Tx, facts store.ApplicationFacts, a Application) (lending.Product, lending.Terms, error) {
	b := facts.Borrower
	if a.QuoteID == "" {
		if facts.Product == nil {
			return lending.Product{}, lending.Terms{}, fault.New(catalog.ProductNotFound)
		}
		terms, err := facts.Product.Price()
		return *facts.Product, terms, err
	}
	known, err := tx.HasProduct(ctx, b.Brand, a.ProductID)
	if err != nil {
		return lending.Product{}, lending.Terms{}, err
	}
	if !known {
		return lending.Product{}, lending.Terms{}, fault.New(catalog.ProductNotFound)
	}
	quote, err := s.quotes.decode(a.QuoteID, b.ID, tx.Now())
	if err != nil {
		return lending.Product{}, lending.Terms{}, asFault(err)
	}
	if quote.ProductID != a.ProductID || quote.Brand != b.Brand {
		return lending.Product{}, lending.Terms{}, fault.New(catalog.QuoteInvalid).WithCause(errors.New("a quote for another product"))
	}
	p, err := tx.Product(ctx, quote.ProductID, quote.ProductVersion)
	if err != nil {
		return p, lending.Terms{}, orFault(err, catalog.QuoteInvalid)
	}
	if !quote.Matches(p) {
		return p, lending.Terms{}, fault.New(catalog.QuoteInvalid).WithCause(errors.New("the product version was edited after the quote"))
	}
	p.EffectiveTo = quote.ExpiresAt
	return p, quote.Terms, nil
}

// snapshotOf is who applies and where the money goes: the default account of the present moment, whatever the borrower changes later.
func snapshotOf(facts store.ApplicationFacts) (store.LoanSnapshot, int64, error) {
	if facts.Profile == nil || facts.Account == nil { // which no complete application is without
		return store.LoanSnapshot{}, 0, store.ErrNotFound
	}
	profile, account := facts.Profile, facts.Account
	snapshot := store.LoanSnapshot{
		FirstName: profile.FirstName, MiddleName: profile.MiddleName, LastName: profile.LastName, Mobile: facts.Borrower.Mobile, MaskedBVN: mask.BVN(profile.BVN),
		BankCode: account.BankCode, BankName: account.BankName, AccountNo: account.AccountNo, AccountName: account.AccountName, City: profile.CityCode,
	}
	if account.Card != nil {
		snapshot.MaskedCard = account.Card.Masked
	}
	return snapshot, account.ID, nil
}
