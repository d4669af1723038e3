// Package copies fills tables of a bench's database with copies of rows that the program itself has made.
package copies

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Rows says how rows of models get into one table. Every column that is not the copy's own is the model's. Sealed values are the model's, too:
// nobody opens a copy's.
type Rows struct {
	table string
	own   map[string]string
	from  string
	args  []any
}

// Of are rows of a table: own is what a copy has of its own, by column; from is the SQL of where m, the model's row, and the copy's own values
// come from, with its arguments.
func Of(table string, own map[string]string, from string, args ...any) Rows {
	return Rows{table, own, from, args}
}

// Insert writes the rows.
func (r Rows) Insert(ctx context.Context, db *pgx.Conn) error {
	rows, err := db.Query(ctx, `SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema AND table_name = $1 AND is_generated = 'NEVER'`, r.table)
	if err != nil {
		return err
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	values := make([]string, len(columns))
	for i, column := range columns {
		values[i] = "m." + column
		if own, ok := r.own[column]; ok {
			values[i] = own
		}
	}
	if _, err := db.Exec(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s", r.table, strings.Join(columns, ", "), strings.Join(values, ", "), r.from), r.args...); err != nil {
		return fmt.Errorf("%s: %w", r.table, err)
	}
	return nil
}
