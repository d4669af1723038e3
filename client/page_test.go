package creditpocket_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func TestPagesIterate(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.NewBorrower()
	for i := range 250 {
		b.Message(creditpocket.SystemMessage, fmt.Sprint(i), "x")
	}
	c, ctx := srv.Client(b), context.Background()
	next := 249
	for m, err := range c.Messages.All(ctx, creditpocket.AnyMessage) {
		if err != nil || m.Title != fmt.Sprint(next) {
			t.Fatalf("message %s instead of %d: %v", m.Title, next, err)
		}
		if next == 200 {
			// New messages push older ones onto the next page: none is given twice.
			b.Message(creditpocket.SystemMessage, "new", "x")
			b.Message(creditpocket.SystemMessage, "new", "x")
		}
		next--
	}
	if next != -1 || len(srv.Calls("listMessages")) != 3 {
		t.Errorf("%d left after %d pages", next+1, len(srv.Calls("listMessages")))
	}
	for range c.Messages.All(ctx, creditpocket.AnyMessage) {
		break
	}
	if n := len(srv.Calls("listMessages")); n != 4 {
		t.Errorf("%d pages: who stops reading asks for no more", n)
	}
	for range c.Messages.All(ctx, creditpocket.OfferMessage) {
		t.Error("there is no offer")
	}
	page, err := c.Messages.Page(ctx, creditpocket.AnyMessage, creditpocket.PageQuery{Number: 3, Size: 100})
	if err != nil || len(page.Items) != 52 || page.Total != 252 {
		t.Errorf("%d of %d: %v", len(page.Items), page.Total, err)
	}
	if page, err = c.Messages.Page(ctx, creditpocket.AnyMessage, creditpocket.PageQuery{}); err != nil || len(page.Items) != 10 {
		t.Errorf("the server's default page: %d: %v", len(page.Items), err)
	}
}

func TestPagesEndAtAnError(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.BorrowerWith(creditpocket.LoanSettled)
	c := srv.Client(b)
	srv.Script("listLoans", creditpockettest.Refuse(creditpocket.ErrAccountBlocked).Answer())
	var got []error
	for l, err := range c.Loans.All(context.Background()) {
		if got = append(got, err); l.ID != "" {
			t.Errorf("a loan with an error: %s", l.ID)
		}
	}
	if len(got) != 1 || !errors.Is(got[0], creditpocket.ErrAccountBlocked) {
		t.Errorf("%v", got)
	}
	var states []creditpocket.LoanState
	for l, err := range c.Loans.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, l.State)
	}
	if len(states) != 1 || states[0] != creditpocket.LoanSettled {
		t.Errorf("%v", states)
	}
	products := 0
	for _, err := range c.Loans.AllProducts(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		products++
	}
	if products != 2 {
		t.Errorf("%d products", products)
	}
}
