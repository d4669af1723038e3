package simulator

import (
	"net/http"
	"slices"
	"time"
)

// listTransfers serves GET /transfer, newest first.
func (s *Simulator) listTransfers(q *call) answer {
	var views []any
	for _, t := range since(q, s.Transfers(), func(t Transfer) time.Time { return t.CreatedAt }) {
		s.mu.Lock()
		to := s.books.Recipients[t.Recipient]
		s.mu.Unlock()
		view := transferView(t, recipientView(to))
		s.lie(view, t.Reference)
		views = append(views, view)
	}
	return listed(q, "Transfers retrieved", append(views, s.extra("Transfer")...))
}

// listCharges serves GET /transaction, newest first.
func (s *Simulator) listCharges(q *call) answer {
	var views []any
	for _, c := range since(q, s.Charges(), func(c Charge) time.Time { return c.CreatedAt }) {
		s.mu.Lock()
		card := s.books.Authorizations[c.Authorization]
		s.mu.Unlock()
		view := s.chargeView(c, card, nil)
		s.lie(view, c.Reference)
		views = append(views, view)
	}
	return listed(q, "Transactions retrieved", append(views, s.extra("Transaction")...))
}

// since is what was made at or after the query's from, newest first.
func since[T any](q *call, all []T, at func(T) time.Time) []T {
	from, _ := time.Parse(time.RFC3339Nano, q.URL.Query().Get("from"))
	var out []T
	for _, v := range slices.Backward(all) {
		if !at(v).Before(from) {
			out = append(out, v)
		}
	}
	return out
}

func listed(q *call, message string, views []any) answer {
	page, perPage := q.page()
	if views == nil {
		views = []any{}
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"status": true, "message": message, "data": window(views, page, perPage), "meta": pageMeta(len(views), page, perPage),
	}}
}
