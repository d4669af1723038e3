package servicing

import (
	"context"
	"fmt"
	"strconv"

	"github.com/creditpocket/creditpocket/internal/store"
)

// Reminder is a message that the daily run sends about every owing loan so many days after its due date; before it for a
// negative number. Event names the template.
type Reminder struct {
	Days  int
	Event string
}

// DefaultReminders remind three days before the due date, the day before and on it, and in growing intervals after it.
func DefaultReminders() []Reminder {
	return []Reminder{
		{-3, store.EventDueSoon}, {-1, store.EventDueSoon}, {0, store.EventDueSoon},
		{1, store.EventOverdue}, {3, store.EventOverdue}, {7, store.EventOverdue}, {15, store.EventOverdue}, {30, store.EventOverdue},
		{60, store.EventOverdue}, {90, store.EventOverdue},
	}
}

// reminderBatch is how many loans one transaction reminds of at most: it holds the message centres of all of them.
const reminderBatch = 250

func (r Reminder) step() string { return stepReminder + strconv.Itoa(r.Days) }

// remind writes the messages of a reminder's next batch. A loan whose due date moved is reminded anew.
func (r *dailyRun) remind(ctx context.Context, tx *store.Tx, s *store.DailyStep, reminder Reminder) (func(), error) {
	due := s.Date.AddDays(-reminder.Days)
	loans, err := tx.NextDueLoans(ctx, s, due, min(r.config.Batch, reminderBatch))
	if err != nil {
		return nil, err
	}
	messages := make([]store.NewMessage, len(loans))
	for i, l := range loans {
		messages[i] = store.NewMessage{Borrower: l.BorrowerID, Event: reminder.Event, DedupeKey: fmt.Sprintf("reminder:%d:%s:%d", l.ID, due, reminder.Days),
			Params: map[string]string{"amount": l.Owed.String(), "due_date": due.String(), "days": strconv.Itoa(max(reminder.Days, 0))}}
	}
	return func() { r.report.Reminded += int64(len(loans)) }, tx.AddMessages(ctx, messages)
}
