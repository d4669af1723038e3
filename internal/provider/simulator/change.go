package simulator

import (
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// change collects what one request does to the books, so that it is journalled as one line and seen all at once.
type change struct {
	s       *Simulator
	books   *books // as they are before the change
	now     time.Time
	records []record
	after   []func() // run once the change is written
	balance money.Kobo
}

// update runs fn under the lock and writes what it put, in the order: journal, books, what comes after. If the journal
// cannot be written the books stay as they were and the error is returned.
func (s *Simulator) update(fn func(*change)) error {
	s.mu.Lock()
	c := &change{s: s, books: s.books, now: s.clock.Now().UTC(), balance: s.books.balance()}
	fn(c)
	if len(c.records) > 0 {
		if err := s.journal.append(c.records); err != nil {
			s.mu.Unlock()
			return err
		}
		for _, r := range c.records {
			s.books.apply(r)
		}
	}
	s.mu.Unlock()
	for _, f := range c.after {
		f()
	}
	return nil
}

// id hands out the next number; a number of a change that is not written is lost, as in any database.
func (c *change) id() int64 {
	c.books.LastID++
	return c.books.LastID
}

func (c *change) put(r record) { c.records = append(c.records, r) }

// post writes one movement of the balance.
func (c *change) post(difference money.Kobo, model string, modelID int64, reason string) {
	if difference == 0 {
		return
	}
	c.balance += difference
	c.put(record{Entry: &LedgerEntry{
		ID: c.id(), Difference: difference, Balance: c.balance, Model: model, ModelID: modelID, Reason: reason, At: c.now,
	}})
}

// later does fn once the change is written and d has passed.
func (c *change) later(d time.Duration, fn func()) {
	c.after = append(c.after, func() { c.s.after(d, fn) })
}
