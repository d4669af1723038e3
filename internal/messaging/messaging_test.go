package messaging_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/messaging"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// Reading a page marks what is on it, and nothing else.
func TestReadingMarksRead(t *testing.T) {
	st := testkit.Store(t, clock.NewManual(testkit.Noon()))
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	var ids [2]int64
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		for i := range ids {
			if ids[i], err = tx.AddBorrower(ctx, "CycleCash", fmt.Sprintf("+234700000000%d", i), "hash"); err != nil {
				return err
			}
			for n, event := range []string{store.EventApplicationReceived, store.EventApplicationApproved, store.EventPaymentFailed, store.EventBindRefunded} {
				m := store.NewMessage{Borrower: ids[i], Event: event, DedupeKey: fmt.Sprint(n), Params: map[string]string{"amount": "₦6,000.00"}}
				if err := tx.AddMessage(ctx, m); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	svc := messaging.New(st)
	for _, c := range []struct {
		what     string
		borrower int64
		query    messaging.PageQuery
		types    []int
		read     []bool
		total    int64
	}{
		{"the newest page", ids[0], messaging.PageQuery{Number: 1, Size: 2}, []int{7, 5}, []bool{false, false}, 4},
		{"the same again", ids[0], messaging.PageQuery{Number: 1, Size: 2}, []int{7, 5}, []bool{true, true}, 4},
		{"one type", ids[0], messaging.PageQuery{Number: 2, Size: 1, Type: 2}, []int{2}, []bool{false}, 2},
		{"all", ids[0], messaging.PageQuery{Number: 1, Size: 100}, []int{7, 5, 2, 2}, []bool{true, true, false, true}, 4},
		{"after the end", ids[0], messaging.PageQuery{Number: 100000, Size: 100}, nil, nil, 4},
		{"a type without messages", ids[0], messaging.PageQuery{Number: 1, Size: 10, Type: 9}, nil, nil, 0},
		{"somebody else's", ids[1], messaging.PageQuery{Number: 1, Size: 10}, []int{7, 5, 2, 2}, []bool{false, false, false, false}, 4},
		{"nobody's", 1, messaging.PageQuery{Number: 1, Size: 10}, nil, nil, 0},
	} {
		page, err := svc.Read(t.Context(), c.borrower, c.query)
		if err != nil || page.Total != c.total || len(page.List) != len(c.types) {
			t.Errorf("%s: %+v, %v", c.what, page, err)
			continue
		}
		for i, m := range page.List {
			if m.Type != c.types[i] || m.Read != c.read[i] || !m.CreatedAt.Equal(testkit.Noon()) || m.Title == "" {
				t.Errorf("%s: %d: %+v", c.what, i, m)
			}
		}
	}
}
