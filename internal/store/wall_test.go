package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// walled is a lender behind the wall, with a second brand and a borrower and loan of each.
func walled(t *testing.T) (l *lender, other int64) {
	t.Helper()
	l = newLender(t)
	l.apply()
	l.st.Exec(t, `INSERT INTO brands (code, name, indent_prefix) VALUES ('OtherBrand', 'Other', 'OB')`)
	l.must(func(ctx context.Context, tx *store.Tx) (err error) {
		other, err = tx.AddBorrower(ctx, "OtherBrand", "+2347000000003", "hash")
		return err
	})
	if up, err := l.st.RaiseWall(t.Context()); err != nil || !up {
		t.Fatalf("the wall is up: %t, %v", up, err)
	}
	return l, other
}

// TestTheDatabaseItselfKeepsBrandsApart asks without any condition, as a query would that forgot it: rows of another brand are not there,
// outside of transactions and in them, and cannot be written either.
func TestTheDatabaseItselfKeepsBrandsApart(t *testing.T) {
	l, other := walled(t)
	mine, theirs := store.ForBrand(t.Context(), lending.DemoBrand), store.ForBrand(t.Context(), "OtherBrand")
	nobody := store.ForBrand(t.Context(), "x'; reset role --")
	for _, table := range []string{"loans", "borrowers", "borrower_keys", "bank_accounts", "decisions", "products"} {
		ask := `SELECT count(*) FROM ` + table
		count := func(ctx context.Context) int64 {
			t.Helper()
			outside, err := l.st.Count(ctx, ask)
			if err != nil {
				t.Fatalf("%s: %v", table, err)
			}
			err = l.st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				inside, err := tx.Count(ctx, ask)
				if inside != outside {
					t.Errorf("%s: %d rows inside of a transaction, %d outside", table, inside, outside)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return outside
		}
		all, own, foreign := count(t.Context()), count(mine), count(theirs)
		if own+foreign != all {
			t.Errorf("%s: %d rows for one brand and %d for the other, of %d", table, own, foreign, all)
		}
		if n := count(nobody); n != 0 {
			t.Errorf("%s: %d rows for a brand that can be none", table, n)
		}
	}
	if _, err := l.st.Borrower(theirs, l.borrower); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another brand's borrower: %v", err)
	}
	if b, err := l.st.Borrower(mine, l.borrower); err != nil || b.Mobile != "+2347000000003" {
		t.Errorf("the brand's own borrower: %+v, %v", b, err)
	}
	if err := l.st.InTx(mine, func(ctx context.Context, tx *store.Tx) error { return tx.LockBorrower(ctx, other) }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another brand's borrower can be locked: %v", err)
	}
	if err := l.st.InTx(mine, func(ctx context.Context, tx *store.Tx) error { return tx.SetPasswordHash(ctx, other, "hash", "stolen") }); !errors.Is(err, store.ErrStale) {
		t.Errorf("another brand's borrower can be changed: %v", err)
	}
	err := l.st.InTx(mine, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddBorrower(ctx, "OtherBrand", "+2347000000009", "hash")
		return err
	})
	if err == nil || !strings.Contains(cause(err), "row-level security") {
		t.Errorf("a borrower of another brand can be added: %v", err)
	}
	// Nothing of the scope outlives its transaction.
	if n, err := l.st.Count(t.Context(), `SELECT count(*) FROM borrowers`); err != nil || n != 2 {
		t.Errorf("without a brand: %d, %v", n, err)
	}
}

// TestTheApplicationCannotRewriteThePast: what may only be added to, the role may only add to.
func TestTheApplicationCannotRewriteThePast(t *testing.T) {
	l, _ := walled(t)
	tables := store.AppendOnly()
	if len(tables) < 8 {
		t.Fatal("the list of tables is too short to be true")
	}
	for _, table := range tables {
		for _, statement := range []string{"UPDATE " + table + " SET id = 1", "DELETE FROM " + table, "TRUNCATE " + table} {
			if table == "audit_seals" {
				statement = strings.Replace(statement, "SET id", "SET seq", 1)
			}
			if table == "documents" {
				statement = strings.Replace(statement, "SET id = 1", "SET code = ''", 1)
			}
			err := l.st.InTx(store.ForBrand(t.Context(), lending.DemoBrand), func(ctx context.Context, tx *store.Tx) error { return tx.Run(ctx, statement) })
			if err == nil || !strings.Contains(cause(err), "permission denied") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	}
}

// Every table that belongs to a brand stands behind the wall.
func TestEveryTableOfABrandIsBehindTheWall(t *testing.T) {
	l := newLender(t)
	open := l.st.Texts(t, `SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		AND NOT c.relrowsecurity AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('brand', 'borrower_id', 'loan_id') AND NOT a.attisdropped)`)
	slices.Sort(open)
	if !slices.Equal(open, []string{"audit_trail", "operators"}) {
		t.Errorf("tables that name a brand and are not behind the wall: %v", open)
	}
	if behind := l.st.Texts(t, `SELECT tablename::text FROM pg_policies WHERE policyname = 'brand_wall'`); len(behind) < 40 {
		t.Errorf("only %d tables are behind the wall", len(behind))
	}
}

// cause is all that an error and those below it say.
func cause(err error) string {
	text := ""
	for ; err != nil; err = errors.Unwrap(err) {
		text += err.Error() + "\n"
	}
	return text
}
