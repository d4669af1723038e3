package origination

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/google/go-cmp/cmp"
)

func TestApplyMakesALoanWithAllThatBelongsToIt(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "00")
	a := w.application(p)
	a.Photos = w.photos(1, 2)
	done, err := w.Apply(t.Context(), a)
	w.must(err)
	if done.Replayed || done.Total != 1 || len(done.Loans) != 1 {
		t.Fatalf("%+v", done)
	}
	l := done.Loans[0]
	product := lending.DemoProducts()[0]
	terms, _ := product.Price()
	if l.State != lending.Submitted || l.Terms != terms || l.ProductVersion != 1 || l.BankAccountID != p.account || l.PriorLoans != 0 || l.Conditions != product.Conditions {
		t.Errorf("%+v", l)
	}
	want := store.LoanSnapshot{FirstName: "Test", LastName: "Borrower", Mobile: "+2347000000001", MaskedBVN: "220****0001", BankCode: "058",
		BankName: "Guaranty Trust Bank", AccountNo: "0000000100", AccountName: "BORROWER TEST", City: "25001"}
	if l.Snapshot != want {
		t.Errorf("snapshot %+v", l.Snapshot)
	}
	images, err := w.st.ImagesOf(t.Context(), p.id, 10)
	w.must(err)
	if len(images) != 2 || w.blobCount() != 2 {
		t.Fatalf("%d images, %d blobs", len(images), w.blobCount())
	}
	for _, m := range images {
		if (m.Code == l.HeadImage) != (m.Kind == store.ImageSelfie) || m.LoanID != l.ID {
			t.Errorf("%+v, selfie %s", m, l.HeadImage)
		}
	}
	if titles := w.messages(p.id); !slices.Equal(titles, []string{"We have received your application"}) {
		t.Errorf("messages %q", titles)
	}
	view, err := w.OpenLoan(t.Context(), p.id)
	w.must(err)
	if diff := cmp.Diff(l.ID, view.Loan.ID); diff != "" {
		t.Error(diff)
	}
}

// A stored result must come back as it was given, or a repeat would be answered differently.
func TestAnAppliedPageSurvivesItsStorage(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "09")
	l := w.approved(p)
	w.must(w.StartPayout(t.Context(), l.ID))
	page, err := w.Loans(t.Context(), p.id, 1, 10)
	w.must(err)
	text, err := json.Marshal(page)
	w.must(err)
	var back Page
	w.must(json.Unmarshal(text, &back))
	if diff := cmp.Diff(page, back); diff != "" {
		t.Error(diff)
	}
	if page.Loans[0].DisbursedAt.IsZero() || page.Loans[0].Outstanding().IsZero() {
		t.Fatal("the page has nothing in it that could be lost")
	}
}

func TestFortyApplicationsAtOnceMakeOneLoan(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "00")
	replica := w.service(w.gateway)
	errs := together(40, func(i int) error {
		s := w.Service
		if i%2 == 1 {
			s = replica
		}
		a := Application{Borrower: p.id, ProductID: quick, Terminal: 1, Photos: w.photos(1)}
		if i%4 == 0 {
			a.Key = fmt.Sprintf("attempt-%02d", i) // keys of their own make no difference
		}
		_, err := s.Apply(context.WithoutCancel(t.Context()), a)
		return err
	})
	made, refused := 0, 0
	for _, err := range errs {
		switch {
		case err == nil:
			made++
		case fault.Has(err, catalog.OpenLoanExists):
			refused++
		default:
			t.Errorf("%v", err)
		}
	}
	page, err := w.Loans(t.Context(), p.id, 1, 100)
	w.must(err)
	if made != 1 || refused != 39 || page.Total != 1 {
		t.Errorf("%d made, %d refused, %d loans", made, refused, page.Total)
	}
	if n := w.blobCount(); n != 1 {
		t.Errorf("%d blobs are left of one loan with one photograph", n)
	}
	if titles := w.messages(p.id); len(titles) != 1 {
		t.Errorf("messages %q", titles)
	}
}

func TestARepeatIsAnsweredWithTheFirstResult(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "00")
	a := w.application(p)
	a.Key = "first-try-1"
	first, err := w.Apply(t.Context(), a)
	w.must(err)
	w.must(w.Decide(t.Context(), first.Loans[0].ID))
	w.clk.Advance(time.Hour)
	again, err := w.service(w.gateway).Apply(t.Context(), a)
	w.must(err)
	if !again.Replayed {
		t.Error("not marked as a repeat")
	}
	if diff := cmp.Diff(first.Page, again.Page); diff != "" {
		t.Errorf("the repeat was answered differently: %s", diff)
	}
	if w.blobCount() != 1 {
		t.Errorf("%d blobs", w.blobCount())
	}
	for name, change := range map[string]func(*Application){
		"another product":    func(a *Application) { a.ProductID = 302 },
		"another terminal":   func(a *Application) { a.Terminal = 2 },
		"a quote":            func(a *Application) { a.QuoteID = strings.Repeat("q", 40) },
		"another photograph": func(a *Application) { a.Photos = w.photos(99) },
		"one photograph more": func(a *Application) {
			a.Photos = append(slices.Clone(a.Photos), w.photos(99)...)
		},
	} {
		other := a
		change(&other)
		_, err := w.Apply(t.Context(), other)
		if !fault.Has(err, catalog.IdempotencyKeyReused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The key is the borrower's own: somebody else may use the same text.
	other := w.application(w.person(2, "00"))
	other.Key = a.Key
	if done, err := w.Apply(t.Context(), other); err != nil || done.Replayed {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestOneKeyAtOnceMakesOneLoanAndTellsEverybody(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "00")
	a := w.application(p)
	a.Key = "double-tap-1"
	ids := make([]int64, 20)
	for i, err := range together(len(ids), func(i int) error {
		done, err := w.Apply(context.WithoutCancel(t.Context()), a)
		if err == nil {
			ids[i] = done.Loans[0].ID
		}
		return err
	}) {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if slices.Min(ids) != slices.Max(ids) || w.blobCount() != 1 {
		t.Errorf("%v, %d blobs", ids, w.blobCount())
	}
}

func TestApplyRefuses(t *testing.T) {
	w := newWorld(t)
	t.Run("an empty profile, naming the steps", func(t *testing.T) {
		p := w.stranger(10)
		_, err := w.Apply(t.Context(), w.application(p))
		f := refusedWith(t, err, catalog.ProfileIncomplete)
		var steps []string
		for _, field := range f.Fields {
			steps = append(steps, field.Name)
		}
		if want := []string{lending.StepBasic, lending.StepWork, lending.StepContact, lending.StepBank, lending.StepConsent}; !slices.Equal(steps, want) {
			t.Errorf("%v", steps)
		}
	})
	t.Run("a withdrawn consent", func(t *testing.T) {
		p := w.person(11, "00")
		w.write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.AddConsent(ctx, p.id, store.ConsentCreditCheck, policy, false)
			return err
		})
		_, err := w.Apply(t.Context(), w.application(p))
		if f := refusedWith(t, err, catalog.ProfileIncomplete); len(f.Fields) != 1 || f.Fields[0].Name != lending.StepConsent {
			t.Errorf("%+v", f.Fields)
		}
	})
	t.Run("a product for borrowers with loans behind them", func(t *testing.T) {
		a := w.application(w.person(12, "00"))
		a.ProductID = 306
		_, err := w.Apply(t.Context(), a)
		refusedWith(t, err, catalog.NotEligible)
	})
	t.Run("a product that is not sold", func(t *testing.T) {
		a := w.application(w.person(13, "00"))
		a.ProductID = 999
		_, err := w.Apply(t.Context(), a)
		refusedWith(t, err, catalog.ProductNotFound)
		a.QuoteID = strings.Repeat("q", 40)
		_, err = w.Apply(t.Context(), a)
		refusedWith(t, err, catalog.ProductNotFound)
	})
	t.Run("no photograph, or six", func(t *testing.T) {
		a := w.application(w.person(14, "00"))
		a.Photos = nil
		_, err := w.Apply(t.Context(), a)
		refusedWith(t, err, catalog.ValidationFailed)
		a.Photos = slices.Repeat(w.photos(1), 6)
		_, err = w.Apply(t.Context(), a)
		refusedWith(t, err, catalog.ValidationFailed)
	})
	t.Run("a borrower in the cool-down, until it is over", func(t *testing.T) {
		p := w.person(15, "00")
		l := w.applied(p)
		w.write(func(ctx context.Context, tx *store.Tx) error {
			l.State = lending.InReview
			if err := tx.UpdateLoan(ctx, lending.Submitted, l, "system"); err != nil {
				return err
			}
			l.State, l.ReviewerID, l.ReviewedAt = lending.RejectedCoolDown, 7, tx.Now()
			return tx.UpdateLoan(ctx, lending.InReview, l, "operator:7")
		})
		w.clk.Advance(29 * 24 * time.Hour)
		_, err := w.Apply(t.Context(), w.application(p))
		refusedWith(t, err, catalog.NotEligible)
		status, err := w.AuthStatus(t.Context(), p.id, brand)
		if err != nil || status.Blocked != CoolDown || !status.Complete {
			t.Errorf("%+v, %v", status, err)
		}
		w.clk.Advance(24 * time.Hour)
		if _, err := w.Apply(t.Context(), w.application(p)); err != nil {
			t.Errorf("after the cool-down: %v", err)
		}
		w.clk.Set(w.clk.Now().Add(-30 * 24 * time.Hour))
	})
	used := 2 // one photograph of each of the two applications of the cool-down
	if n := w.blobCount(); n != used {
		t.Errorf("%d blobs, %d are used", n, used)
	}
}

func TestAQuoteIsTheBorrowersPrice(t *testing.T) {
	w := newWorld(t)
	p, other := w.person(1, "00"), w.person(2, "00")
	detail, err := w.Product(t.Context(), p.id, brand, quick)
	w.must(err)
	if detail.QuoteID == "" || !detail.QuoteExpires.Equal(w.clk.Now().Add(15*time.Minute)) || len(detail.Warnings) == 0 || detail.Compliant {
		t.Fatalf("%+v", detail)
	}
	quoted := func(who person, product int64, quote string) error {
		a := w.application(who)
		a.ProductID, a.QuoteID = product, quote
		_, err := w.Apply(t.Context(), a)
		return err
	}
	refusedWith(t, quoted(other, quick, detail.QuoteID), catalog.QuoteInvalid)
	refusedWith(t, quoted(p, 302, detail.QuoteID), catalog.QuoteInvalid)
	forged, middle := []byte(detail.QuoteID), len(detail.QuoteID)/2
	if forged[middle]++; forged[middle] > 'z' || detail.QuoteID[middle] == 'Z' || detail.QuoteID[middle] == '9' {
		forged[middle] = 'a'
	}
	refusedWith(t, quoted(p, quick, string(forged)), catalog.QuoteInvalid)

	// The price goes up while the borrower reads: the quote still gets the old one.
	w.clk.Advance(time.Minute)
	dearer := lending.DemoProducts()[0]
	dearer.Version, dearer.ServiceFee, dearer.EffectiveFrom = 2, 300_000, w.clk.Now()
	w.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutProduct(ctx, dearer, "test") })
	w.clk.Advance(time.Minute)
	w.must(quoted(p, quick, detail.QuoteID))
	view, err := w.OpenLoan(t.Context(), p.id)
	w.must(err)
	if view.Loan.Terms != detail.Terms || view.Loan.ProductVersion != 1 {
		t.Errorf("sold version %d at %+v", view.Loan.ProductVersion, view.Loan.Terms)
	}
	// Without a quote it is today's price.
	if l := w.applied(other); l.Terms.ServiceFee != 300_000 || l.ProductVersion != 2 {
		t.Errorf("sold version %d at %+v", l.ProductVersion, l.Terms)
	}

	third := w.person(3, "00")
	detail, err = w.Product(t.Context(), third.id, brand, quick)
	w.must(err)
	w.clk.Advance(15*time.Minute - time.Second)
	w.clk.Advance(time.Second)
	refusedWith(t, quoted(third, quick, detail.QuoteID), catalog.QuoteExpired)
}

func TestImagesAreTheBorrowersOwnAndSealed(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "00")
	a := w.application(p)
	l := func() store.Loan { done, err := w.Apply(t.Context(), a); w.must(err); return done.Loans[0] }()
	image, err := w.Image(t.Context(), p.id, l.HeadImage)
	w.must(err)
	if image.ContentType != "image/jpeg" || !bytes.Equal(image.Bytes, a.Photos[0].JPEG) {
		t.Errorf("%s, %d bytes", image.ContentType, len(image.Bytes))
	}
	_, err = w.Image(t.Context(), w.person(2, "00").id, l.HeadImage)
	refusedWith(t, err, catalog.ImageNotFound)
	_, err = w.Image(t.Context(), p.id, newUUID())
	refusedWith(t, err, catalog.ImageNotFound)
	for object, err := range w.blobs.List(t.Context(), "", time.Time{}) {
		w.must(err)
		r, _, err := w.blobs.Get(t.Context(), object.Key)
		w.must(err)
		head := make([]byte, 3)
		_, _ = r.Read(head)
		_ = r.Close()
		if bytes.Equal(head, []byte{0xff, 0xd8, 0xff}) {
			t.Error("a photograph lies open in the blob store")
		}
	}
}

func TestSweepPhotosDeletesWhatNothingRefersTo(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "00")
	l := w.applied(p)
	start, err := w.store.ApplicationStart(t.Context(), store.OperationKey{Borrower: p.id, Kind: "applyLoan"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.putPhotos(t.Context(), start, w.photos(5, 6)); err != nil { // as a crash before the transaction leaves them
		t.Fatal(err)
	}
	if n, err := w.SweepPhotos(t.Context()); n != 0 || err != nil {
		t.Errorf("fresh ones: %d, %v", n, err)
	}
	if n, err := w.sweepPhotos(t.Context(), time.Now().Add(time.Minute)); n != 2 || err != nil {
		t.Errorf("old ones: %d, %v", n, err)
	}
	if _, err := w.Image(t.Context(), p.id, l.HeadImage); err != nil {
		t.Errorf("the photograph of a loan: %v", err)
	}
}

func TestReadsOfNothing(t *testing.T) {
	w := newWorld(t)
	p := w.stranger(1)
	_, err := w.LatestLoan(t.Context(), p.id)
	refusedWith(t, err, catalog.LoanNotFound)
	_, err = w.OpenLoan(t.Context(), p.id)
	refusedWith(t, err, catalog.LoanNotFound)
	_, err = w.Product(t.Context(), p.id, brand, 999)
	refusedWith(t, err, catalog.ProductNotFound)
	page, err := w.Loans(t.Context(), p.id, 1, 10)
	if err != nil || page.Total != 0 || len(page.Loans) != 0 {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestOffersByStanding(t *testing.T) {
	w := newWorld(t)
	reasons := func(offers []Offer) map[int64]string {
		m := map[int64]string{}
		for _, o := range offers {
			m[o.Product.ID] = o.Ineligible
		}
		return m
	}
	visitor, err := w.Home(t.Context(), 0, brand)
	w.must(err)
	if len(visitor.Offers) != 8 || visitor.CanApply() || reasons(visitor.Offers)[quick] != NotSignedIn {
		t.Errorf("%+v", visitor)
	}
	if !slices.IsSortedFunc(visitor.Offers, func(a, b Offer) int { return int(a.Terms.Principal - b.Terms.Principal) }) {
		t.Error("not cheapest first")
	}
	stranger, err := w.Home(t.Context(), w.stranger(1).id, brand)
	w.must(err)
	if reasons(stranger.Offers)[quick] != ProfileIncomplete {
		t.Errorf("%+v", stranger)
	}
	p := w.person(2, "00")
	mine, err := w.Home(t.Context(), p.id, brand)
	w.must(err)
	if got := reasons(mine.Offers); !mine.CanApply() || got[quick] != "" || got[306] != MinLoanCount {
		t.Errorf("%v", got)
	}
	status, err := w.AuthStatus(t.Context(), p.id, brand)
	if err != nil || status.Blocked != "" || !status.Complete || len(status.Missing) != 0 {
		t.Errorf("%+v, %v", status, err)
	}
	l := w.applied(p)
	mine, err = w.Home(t.Context(), p.id, brand)
	w.must(err)
	if mine.CanApply() || mine.OpenLoanID != l.ID || reasons(mine.Offers)[quick] != OpenLoanExists {
		t.Errorf("%+v", mine)
	}
	detail, err := w.Product(t.Context(), p.id, brand, quick)
	if err != nil || detail.QuoteID != "" || !detail.QuoteExpires.IsZero() || detail.Ineligible != OpenLoanExists {
		t.Errorf("%+v, %v", detail, err)
	}
	first, err := w.Products(t.Context(), p.id, brand, 1, 3)
	w.must(err)
	third, err := w.Products(t.Context(), p.id, brand, 3, 3)
	w.must(err)
	beyond, err := w.Products(t.Context(), p.id, brand, 100_000, 100)
	if err != nil || len(first.Offers) != 3 || len(third.Offers) != 2 || len(beyond.Offers) != 0 || beyond.Total != 8 {
		t.Errorf("%d, %d, %d, %v", len(first.Offers), len(third.Offers), len(beyond.Offers), err)
	}
	if clock.DateOf(detail.DueAt) != clock.DateOf(w.clk.Now()).AddDays(7) {
		t.Errorf("due %s", detail.DueAt)
	}
}
