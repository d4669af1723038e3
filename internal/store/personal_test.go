package store_test

import (
	"slices"
	"testing"

	"github.com/creditpocket/creditpocket/internal/store"
)

// Every table of the schema that names a borrower or a loan is in the list that exports and erases go by.
func TestPersonalDataKnowsEveryTable(t *testing.T) {
	l := newLender(t)
	listed, elsewhere := store.PersonalTables()
	found := l.st.Texts(t, `SELECT DISTINCT c.table_name::text FROM information_schema.columns c JOIN pg_class k ON k.relname = c.table_name
		WHERE c.table_schema = 'public' AND c.column_name IN ('borrower_id', 'loan_id') AND k.relkind IN ('r', 'p') AND NOT k.relispartition`)
	for _, table := range found {
		if !slices.Contains(listed, table) && !slices.Contains(elsewhere, table) {
			t.Errorf("table %s names a borrower or a loan: what does an export tell of it, what does an erasure do to it (personal.go)?", table)
		}
	}
	if len(found) < 30 {
		t.Errorf("only %d tables were found", len(found))
	}
}
