package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

const brand = "CycleCash"

// seeded opens a store that has the base data.
func seeded(t *testing.T) *store.Store {
	t.Helper()
	st := testkit.Store(t, clock.NewManual(testkit.Noon()))
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	return st
}

// write runs work in a transaction that must succeed.
func write(t *testing.T, st *store.Store, work func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := st.InTx(t.Context(), work); err != nil {
		t.Fatal(err)
	}
}

// borrower adds a borrower of the brand.
func borrower(t *testing.T, st *store.Store, mobile string) int64 {
	t.Helper()
	var id int64
	write(t, st, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.AddBorrower(ctx, brand, mobile, "hash")
		return err
	})
	return id
}

// speaks sets a borrower's language.
func speaks(t *testing.T, st *store.Store, id int64, language string) {
	t.Helper()
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveSettings(ctx, id, store.Settings{Language: language})
	})
}

// messages reads a borrower's first page, as "title | content".
func messages(t *testing.T, st *store.Store, id int64) []string {
	t.Helper()
	list, total, err := st.Messages(t.Context(), id, 0, 1, 100)
	if err != nil || total != int64(len(list)) {
		t.Fatalf("%d of %d messages, %v", len(list), total, err)
	}
	texts := []string{}
	for _, m := range list {
		texts = append(texts, m.Title+" | "+m.Content)
	}
	return texts
}

func TestMessageIsRenderedInTheBorrowersLanguage(t *testing.T) {
	st := seeded(t)
	for i, c := range []struct{ language, title string }{
		{"", "We have received your payment"},
		{"en", "We have received your payment"},
		{"pcm", "We don receive your payment"},
		{"ha", "Mun karɓi kuɗin da kuka biya"},
		{"fr", "We have received your payment"}, // no template: English
	} {
		id := borrower(t, st, fmt.Sprintf("+23470000000%02d", i))
		if c.language != "" {
			speaks(t, st, id, c.language)
		}
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			return tx.AddMessage(ctx, store.NewMessage{Borrower: id, Event: store.EventPaymentReceived, DedupeKey: "payment:1",
				Params: map[string]string{"amount": "₦1,000.00", "remaining": "₦0.00"}})
		})
		got := messages(t, st, id)
		if len(got) != 1 || !strings.HasPrefix(got[0], c.title+" | ") || !strings.Contains(got[0], "₦1,000.00") || strings.ContainsAny(got[0], "{}") {
			t.Errorf("%q: %q", c.language, got)
		}
	}
}

func TestMessageIsAddedOnceAKey(t *testing.T) {
	st := seeded(t)
	id := borrower(t, st, "+2347000000003")
	add := func(keys ...string) {
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			var batch []store.NewMessage
			for _, key := range keys {
				batch = append(batch, store.NewMessage{Borrower: id, Event: store.EventApplicationReceived, DedupeKey: key,
					Params: map[string]string{"amount": key}})
			}
			return tx.AddMessages(ctx, batch)
		})
	}
	add("a", "b", "a")
	add("b")
	add("c", "b", "a")
	add()
	if got := messages(t, st, id); len(got) != 3 || !strings.Contains(got[0], " c.") {
		t.Errorf("got %q", got)
	}
	alerts, err := st.OpenAlerts(t.Context(), "", 10)
	if err != nil || len(alerts) != 0 {
		t.Errorf("alerts %v, %v", alerts, err)
	}
}

// A wording that is missing or broken is an alert and no message, and what else the transaction did is committed.
func TestUnusableTemplateNeverFailsTheTransaction(t *testing.T) {
	st := seeded(t)
	st.Exec(t, `UPDATE message_templates SET content = 'Card {number} bound' WHERE event = ?`, store.EventCardBound)
	st.Exec(t, `UPDATE message_templates SET content = 'Broken {brand' WHERE event = ? AND language = 'pcm'`, store.EventRegistered)
	id := borrower(t, st, "+2347000000003")
	speaks(t, st, id, "pcm")
	for range 2 {
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			return tx.AddMessages(ctx, []store.NewMessage{
				{Borrower: id, Event: "no_such_event", DedupeKey: "1"},
				{Borrower: id, Event: store.EventCardBound, DedupeKey: "2", Params: map[string]string{"card": "408408******4081"}},
				{Borrower: id, Event: store.EventRegistered, DedupeKey: "3"},
				{Borrower: id, Event: store.EventDueSoon, DedupeKey: "4"},
			})
		})
	}
	if got := messages(t, st, id); len(got) != 1 || !strings.HasPrefix(got[0], "Welcome to CycleCash | Your account is ready") {
		t.Errorf("got %q", got)
	}
	alerts, err := st.OpenAlerts(t.Context(), "message_template", 10)
	if err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for _, a := range alerts {
		subjects = append(subjects, a.Subject)
	}
	slices.Sort(subjects)
	if want := []string{"CycleCash/card_bound", "CycleCash/due_soon", "CycleCash/no_such_event"}; !slices.Equal(subjects, want) {
		t.Errorf("alerts %q, want %q", subjects, want)
	}
	// A resolved alert comes back when the wording is still missing.
	st.Exec(t, `UPDATE alerts SET resolved_at = now()`)
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddMessage(ctx, store.NewMessage{Borrower: id, Event: "no_such_event", DedupeKey: "9"})
	})
	if alerts, err = st.OpenAlerts(t.Context(), "message_template", 10); err != nil || len(alerts) != 1 {
		t.Errorf("after resolving: %v, %v", alerts, err)
	}
}

func TestMessageTextIsSafeAndBounded(t *testing.T) {
	st := seeded(t)
	id := borrower(t, st, "+2347000000003")
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddMessage(ctx, store.NewMessage{Borrower: id, Event: store.EventAccountAdded, DedupeKey: "1",
			Params: map[string]string{"bank": "A\x00\x07B {account} \xff", "account": strings.Repeat("ọ", 3000)}})
	})
	list, _, err := st.Messages(t.Context(), id, 0, 1, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if n := len([]rune(list[0].Content)); n != 2000 || strings.ContainsAny(list[0].Content, "\x00\x07") || !utf8.ValidString(list[0].Content) {
		t.Errorf("%d characters: %.40q", n, list[0].Content)
	}
}

func TestMessageOfNobody(t *testing.T) {
	st := seeded(t)
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.AddMessage(ctx, store.NewMessage{Borrower: 1, Event: store.EventRegistered, DedupeKey: "1"})
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// Pages of every size and type cut the same list, and the total is the number of messages, whatever was added in which order.
func TestMessagePagesCutOneList(t *testing.T) {
	st := seeded(t)
	id, other := borrower(t, st, "+2347000000003"), borrower(t, st, "+2347000000004")
	events := []string{store.EventApplicationReceived, store.EventPaymentFailed, store.EventApplicationApproved, store.EventBindRefunded}
	types := map[string]int{events[0]: 2, events[1]: 5, events[2]: 2, events[3]: 7}
	var model []int // types, oldest first
	for i := 0; i < 23; {
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			var batch []store.NewMessage
			for range i%3 + 1 {
				event := events[(i*7)%len(events)]
				batch = append(batch, store.NewMessage{Borrower: id, Event: event, DedupeKey: fmt.Sprintf("%03d", i), Params: map[string]string{"amount": "₦1"}},
					store.NewMessage{Borrower: other, Event: event, DedupeKey: fmt.Sprintf("%03d", i), Params: map[string]string{"amount": "₦2"}})
				model = append(model, types[event])
				i++
			}
			return tx.AddMessages(ctx, batch)
		})
	}
	slices.Reverse(model)
	for _, kind := range []int{0, 2, 5, 7, 9} {
		want := []int{}
		for _, m := range model {
			if kind == 0 || m == kind {
				want = append(want, m)
			}
		}
		for size := 1; size <= len(model)+1; size++ {
			got, seen := []int{}, map[int64]bool{}
			for page := 1; ; page++ {
				list, total, err := st.Messages(t.Context(), id, kind, page, size)
				if err != nil || total != int64(len(want)) {
					t.Fatalf("type %d size %d page %d: total %d of %d, %v", kind, size, page, total, len(want), err)
				}
				for i, m := range list {
					if seen[m.ID] || m.Read || !strings.Contains(m.Content, "₦1") || (i > 0 && m.ID >= list[i-1].ID) {
						t.Fatalf("type %d size %d page %d: %+v", kind, size, page, m)
					}
					seen[m.ID] = true
					got = append(got, m.Type)
				}
				if len(list) < size {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("type %d size %d: %v, want %v", kind, size, got, want)
			}
		}
	}
}

// Writers at once leave no gap and no double, also where they add the same keys.
func TestMessagesOfManyWriters(t *testing.T) {
	st := seeded(t)
	ids := []int64{borrower(t, st, "+2347000000003"), borrower(t, st, "+2347000000004")}
	var wait sync.WaitGroup
	for w := range 6 {
		wait.Go(func() {
			for i := range 10 {
				err := persist(st, func(ctx context.Context, tx *store.Tx) error {
					var batch []store.NewMessage
					for _, id := range []int64{ids[w%2], ids[(w+1)%2]} {
						batch = append(batch, store.NewMessage{Borrower: id, Event: store.EventPaymentFailed, DedupeKey: fmt.Sprint(i + w%3),
							Params: map[string]string{"amount": "₦1"}})
					}
					return tx.AddMessages(ctx, batch)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	for _, id := range ids {
		if got := messages(t, st, id); len(got) != 12 {
			t.Errorf("%d messages, want 12", len(got))
		}
		if list, total, err := st.Messages(t.Context(), id, 5, 2, 5); err != nil || total != 12 || len(list) != 5 {
			t.Errorf("second page: %d of %d, %v", len(list), total, err)
		}
	}
}
