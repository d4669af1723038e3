package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/internal/journey"
)

// live lets borrowers live in one slot, one after the other, until no new ones are wanted.
func (w *world) live(ctx context.Context, slot int) {
	for n := 0; !w.closing.Load() && ctx.Err() == nil; n++ {
		b := w.newBorrower(slot + n*1000)
		if err := b.walk(ctx); err != nil && ctx.Err() == nil {
			w.note("borrower %s: %v", b.name, err)
			w.counts.add("lifecycles given up by the client", 1)
		}
	}
}

// walk is a whole life: signing up, loans one after the other, each repaid in another way.
func (b *borrower) walk(ctx context.Context) error {
	if err := b.signUp(ctx); err != nil {
		return fmt.Errorf("sign up: %w", err)
	}
	b.counts.add("borrowers", 1)
	if b.random.IntN(100) < b.w.plan.cards {
		if err := b.bindCard(ctx); err != nil && !errors.Is(err, errGaveUp) {
			return fmt.Errorf("bind a card: %w", err)
		}
	}
	for range 1 + b.random.IntN(3) {
		if b.w.closing.Load() {
			return nil
		}
		again, err := b.borrow(ctx)
		if err != nil || !again {
			return err
		}
	}
	return nil
}

// borrow takes one loan from the price to its end, and says whether this borrower may have another.
func (b *borrower) borrow(ctx context.Context) (bool, error) {
	product, quote, err := b.choose(ctx)
	if err != nil {
		return false, err
	}
	id, err := b.apply(ctx, product, quote)
	if err != nil {
		return false, fmt.Errorf("apply: %w", err)
	}
	b.loans++
	paid, err := b.watch(ctx, 90*time.Second, func(status int) bool { return status > 4 })
	if err != nil {
		return false, err
	}
	if paid.ID != id || paid.Status != 5 {
		return false, b.finish(ctx, paid)
	}
	if b.ending == "03" { // the bank sends it back
		back, err := b.watch(ctx, 90*time.Second, func(status int) bool { return status == 63 })
		if err != nil {
			return false, err
		}
		return false, b.finish(ctx, back)
	}
	if b.w.plan.leaveOpen > 0 && b.random.IntN(100) < b.w.plan.leaveOpen {
		b.diary.end("left open")
		return false, nil
	}
	if err := b.repay(ctx, paid); err != nil {
		return false, fmt.Errorf("repay: %w", err)
	}
	end, err := b.watch(ctx, 90*time.Second, func(status int) bool { return status != 5 && status != 21 })
	if err != nil {
		return false, err
	}
	return true, b.finish(ctx, end)
}

// finish notes a loan's end. Some phones send its application once more then, as they were not shown the answer at its time.
func (b *borrower) finish(ctx context.Context, l loan) error {
	b.counts.add("lifecycles", 1)
	b.diary.end(fmt.Sprint(l.Status))
	if b.random.IntN(100) >= b.w.plan.late {
		return nil
	}
	got, err := b.send(ctx, b.application)
	if err != nil {
		return fmt.Errorf("an application once more: %w", err)
	}
	b.counts.add("applications repeated after the loan's end", 1)
	page, err := want[struct{ List []loan }](got, nil)
	if err != nil || len(page.List) == 0 || page.List[0].ID != l.ID {
		b.diary.oddity(fmt.Sprintf("the application of loan %s was repeated with its key after the loan's end, and answered otherwise: %s %v", l.ID, got, err))
	}
	return nil
}

func (b *borrower) choose(ctx context.Context) (product, quote string, err error) {
	page, err := want[struct {
		List []struct {
			ID       string
			Eligible int
		}
	}](b.get(ctx, "/loan/product/page?pageNum=1&pageSize=20"))
	if err != nil {
		return "", "", err
	}
	var open []string
	for _, p := range page.List {
		if p.Eligible == 1 && len(p.ID) == 3 && p.ID[0] == '3' { // what the rules approve without a person
			open = append(open, p.ID)
		}
	}
	if len(open) == 0 {
		return "", "", errors.New("no product is open")
	}
	product = open[b.random.IntN(len(open))]
	detail, err := want[struct{ QuoteID string }](b.get(ctx, "/loan/product/detail?id="+product))
	return product, detail.QuoteID, err
}

// apply applies in one of the ways in which phones apply: once, forty times at once with one key, twice at once with two keys.
func (b *borrower) apply(ctx context.Context, product, quote string) (string, error) {
	body, contentType, err := journey.ApplyForm(product, quote, b.w.photo)
	if err != nil {
		return "", err
	}
	r := request{method: http.MethodPost, path: "/loan/record/apply", contentType: contentType, body: body, key: b.key("apply")}
	copies := []request{r}
	switch n := b.random.IntN(100); {
	case n < b.w.plan.stampede:
		b.counts.add("40-fold double submits", 1)
		for range 39 {
			copies = append(copies, r)
		}
	case n < b.w.plan.stampede+b.w.plan.rivals:
		b.counts.add("rival applications at once", 1)
		for range 3 {
			other := r
			other.key = b.key("apply")
			copies = append(copies, other)
		}
	}
	keys := map[string]bool{}
	for _, c := range copies {
		if !keys[c.key] {
			keys[c.key] = true
			b.diary.wish(b.diary.applied, b.id)
		}
	}
	answers := make([]answer, len(copies))
	errs := make([]error, len(copies))
	var all sync.WaitGroup
	for i, c := range copies {
		all.Go(func() { answers[i], errs[i] = b.send(ctx, c) })
	}
	all.Wait()
	id := ""
	for i, a := range answers {
		if errs[i] != nil || a.Reason == "OPEN_LOAN_EXISTS" {
			continue
		}
		page, err := want[struct{ List []loan }](a, nil)
		if err != nil {
			return "", err
		}
		if len(page.List) == 0 {
			return "", errors.New("the answer to an application shows no loan")
		}
		id, b.application = page.List[0].ID, copies[i]
		b.diary.ack(acknowledged{What: promisedLoan, Subject: id, Borrower: b.id})
	}
	if id == "" {
		return "", errors.Join(append(errs, errGaveUp)...)
	}
	return id, nil
}
