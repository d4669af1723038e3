package store

import "testing"

// The SQL of dates, for tests that hold it against the clock and the rules.
var (
	LagosDateSQL   = lagosDate
	DaysPastDueSQL = daysPastDue
)

// Texts runs a query that gives one text a row.
func (s *Store) Texts(t *testing.T, query string, args ...any) []string {
	t.Helper()
	var rows []string
	if err := s.idb.NewRaw(query, args...).Scan(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}
