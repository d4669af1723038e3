package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// repay pays a loan back in one of the ways there are.
func (b *borrower) repay(ctx context.Context, l loan) error {
	way := b.random.IntN(100)
	if b.w.plan.repay != 0 {
		way = b.w.plan.repay
	}
	switch {
	case way >= 90:
		if err := b.extend(ctx, l); err != nil {
			return err
		}
		return b.repayAtPage(ctx, l)
	case !b.card || way < 25:
		return b.repayAtPage(ctx, l)
	case way < 45:
		return b.repayByCard(ctx, l, 0, 1)
	case way < 60: // a part by card, the rest at the page
		if err := b.repayByCard(ctx, l, l.remaining()/4, 1); err != nil {
			return err
		}
		return b.repayAtPage(ctx, l)
	case way < 80: // forty submits of one part
		if err := b.repayByCard(ctx, l, l.remaining()/5, 40); err != nil {
			return err
		}
		return b.repayAtPage(ctx, l)
	}
	return b.overpay(ctx, l)
}

// extend pays for a later due date.
func (b *borrower) extend(ctx context.Context, l loan) error {
	offer, err := want[struct {
		Eligible                    int
		Reference, AuthorizationURL string
	}](b.get(ctx, "/loan/record/extension?id="+l.ID))
	if err != nil || offer.Eligible == 0 || offer.AuthorizationURL == "" {
		return err
	}
	b.counts.add("extensions paid for", 1)
	return b.pay(ctx, offer.AuthorizationURL, "4084", offer.Reference)
}

// page asks for the payment page.
func (b *borrower) page(ctx context.Context, l loan) (reference, url string, err error) {
	page, err := want[struct{ Reference, AuthorizationURL, Amount string }](b.get(ctx, "/loan/record/repay?id="+l.ID))
	if err != nil {
		return "", "", err
	}
	amount, err := strconv.ParseInt(page.Amount, 10, 64)
	b.diary.ack(acknowledged{What: promisedPage, Subject: page.Reference, Borrower: b.id, Loan: l.ID, Amount: amount})
	return page.Reference, page.AuthorizationURL, err
}

func (b *borrower) repayAtPage(ctx context.Context, l loan) error {
	reference, url, err := b.page(ctx, l)
	if err != nil {
		return err
	}
	if err := pause(ctx, b.w.plan.dawdle); err != nil {
		return err
	}
	return b.pay(ctx, url, "4084", reference)
}

// overpay opens the page for all that is owed, pays a part by card, and then pays the page all the same.
func (b *borrower) overpay(ctx context.Context, l loan) error {
	reference, url, err := b.page(ctx, l)
	if err != nil {
		return err
	}
	if err := b.repayByCard(ctx, l, l.remaining()/5, 1); err != nil {
		return err
	}
	b.counts.add("payments above the debt", 1)
	return b.pay(ctx, url, "5395", reference)
}

// repayByCard charges the bound card; amount 0 is all that is owed. Times submits the same request so often at once.
func (b *borrower) repayByCard(ctx context.Context, l loan, amount int64, times int) error {
	body := map[string]any{"id": l.ID}
	if amount > 0 {
		body["amount"] = strconv.FormatInt(amount, 10)
	}
	key := b.key("card")
	b.diary.wish(b.diary.charged, b.id)
	if times > 1 {
		b.counts.add("40-fold double submits", 1)
	}
	answers := make([]answer, times)
	errs := make([]error, times)
	var all sync.WaitGroup
	asked := b.diary.now()
	for i := range times {
		all.Go(func() { answers[i], errs[i] = b.post(ctx, "/loan/record/repay", body, key) })
	}
	all.Wait()
	for i, a := range answers {
		if errs[i] != nil {
			continue
		}
		paid, err := want[struct {
			Reference, Amount string
			PayStatus         int
		}](a, nil)
		if err != nil {
			if a.Reason == "CARD_DECLINED" { // a charge that never reached the gateway
				return nil
			}
			return fmt.Errorf("by card: %w", err)
		}
		n, err := strconv.ParseInt(paid.Amount, 10, 64)
		if err != nil {
			return err
		}
		switch paid.PayStatus {
		case 1:
			b.diary.ack(acknowledged{What: promisedPaid, Subject: paid.Reference, Borrower: b.id, Loan: l.ID, Amount: n})
			b.diary.booked(paid.Reference, asked)
		case 0:
			if err := b.settled(ctx, l); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return nil
}

// settled waits a while for a charge that the gateway has not decided.
func (b *borrower) settled(ctx context.Context, l loan) error {
	before := l.remaining()
	for range 40 {
		now, err := b.look(ctx)
		if err != nil || now.remaining() != before {
			return err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}
