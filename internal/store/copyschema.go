package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// allCopied are the tables that copies are written to.
func allCopied() []string {
	all := []string{"borrowers", "borrower_keys", "profiles", "bank_accounts"}
	for _, table := range copiedTables {
		all = append(all, table.name)
	}
	return all
}

// dropIndexes drops the indexes of the copied tables, and the constraints that stand on them, but for those that a foreign key needs. It
// returns the statements that make them again, as the catalog spells them.
func (t *Tx) dropIndexes(ctx context.Context) (restore []string, err error) {
	rows, err := t.session.Query(ctx, `SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid), coalesce(c.conname::text, ''), coalesce(pg_get_constraintdef(c.oid), '')
		FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')
		WHERE i.indrelid = ANY (SELECT name::regclass FROM unnest($1::text[]) name) AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = i.indexrelid)
		ORDER BY 2, 1`, allCopied())
	if err != nil {
		return nil, err
	}
	var drop []string
	var index, table, definition, constraint, constrained string
	_, err = pgx.ForEachRow(rows, []any{&index, &table, &definition, &constraint, &constrained}, func() error {
		if constraint == "" {
			drop, restore = append(drop, "DROP INDEX "+index), append(restore, definition)
			return nil
		}
		name := pgx.Identifier{constraint}.Sanitize()
		drop = append(drop, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", table, name))
		restore = append(restore, fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s %s", table, name, constrained))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, statement := range drop {
		if _, err := t.session.Exec(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	return restore, nil
}

// schemaText is every index, constraint and trigger of the schema, in words that two equal schemas share.
func (t *Tx) schemaText(ctx context.Context) (string, error) {
	rows, err := t.session.Query(ctx, `SELECT 'index ' || pg_get_indexdef(i.indexrelid) || i.indisvalid::text || i.indisready::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = current_schema()::regnamespace
		UNION ALL SELECT 'constraint ' || conrelid::regclass::text || ' ' || conname::text || ' ' || pg_get_constraintdef(oid) || convalidated::text FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
		UNION ALL SELECT 'trigger ' || pg_get_triggerdef(g.oid) || g.tgenabled::text FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE c.relnamespace = current_schema()::regnamespace AND NOT g.tgisinternal
		UNION ALL SELECT 'table ' || c.relname::text || c.relpersistence::text FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
		ORDER BY 1`)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}

// Settle brings the planner's statistics and the visibility map up to date after rows were written in bulk. It runs outside of any
// transaction, as VACUUM must.
func (s *Store) Settle(ctx context.Context) error {
	conn, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	session, err := sessionOf(conn.Conn)
	if err != nil {
		return err
	}
	for _, statement := range []string{"SET statement_timeout = 0", "VACUUM ANALYZE", "RESET statement_timeout"} {
		if _, err := session.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
