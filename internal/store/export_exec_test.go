package store

import (
	"context"
	"testing"
)

// Exec changes the database behind the store's back, as an operator with psql would.
func (s *Store) Exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := s.idb.NewRaw(query, args...).Conn(s.db.DB).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TryExec is Exec for what must fail.
func (s *Store) TryExec(ctx context.Context, query string) error {
	_, err := s.idb.NewRaw(query).Conn(s.db.DB).Exec(ctx)
	return err
}

// Dump is every row of a table as the database prints it, in the order of that text: of the id, which comes first.
func (s *Store) Dump(t *testing.T, table string) []string {
	t.Helper()
	var rows []string
	if err := s.idb.NewRaw("SELECT r::text FROM "+table+" r ORDER BY 1").Scan(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// Run is any statement inside a transaction.
func (t *Tx) Run(ctx context.Context, query string) error {
	_, err := t.idb.NewRaw(query).Exec(ctx)
	return err
}

// Exec runs a statement in the transaction that no method of the store runs.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) error {
	_, err := t.idb.NewRaw(query, args...).Exec(ctx)
	return fromTx(err)
}

// Text reads one text in the transaction.
func (t *Tx) Text(ctx context.Context, query string) (text string, err error) {
	err = t.idb.NewRaw(query).Scan(ctx, &text)
	return text, fromTx(err)
}

// PersonalTables are the names of the tables that exports and erasures go by, and of those that they leave alone.
func PersonalTables() (listed, elsewhere []string) {
	for _, p := range personalTables {
		listed = append(listed, p.name)
	}
	return listed, notPersonal
}

// Count runs a query that gives one number.
func (r reader) Count(ctx context.Context, query string) (n int64, err error) {
	return n, fromTx(r.idb.NewRaw(query).Scan(ctx, &n))
}

// AppendOnly are the tables that may only be added to.
func AppendOnly() []string { return appendOnly }
