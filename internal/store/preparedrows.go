package store

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// preparedRows is up to how many rows of a table one prepared statement inserts: one text a number of rows is kept.
const preparedRows = 8

// insert writes the rows of a slice into one table with one statement. Rows are structs with bun's tags; all their columns are written.
func (t *Tx) insert(ctx context.Context, table string, rows any) error {
	all := reflect.ValueOf(rows)
	if all.Len() > preparedRows {
		model := reflect.New(all.Type())
		model.Elem().Set(all)
		_, err := t.idb.NewInsert().Model(model.Interface()).Exec(ctx)
		return fromTx(err)
	}
	_, err := t.inserting(table, all).Exec(ctx)
	return fromTx(err)
}

// inserting is the statement of insert.
func (t *Tx) inserting(table string, all reflect.Value) *statement {
	s := shapeOf(all.Type().Elem())
	return t.prepared(t.insertion(s, table, all.Len()), s.values(nil, all)...)
}

// insertLater is insert that waits for the next round trip where the rows are few.
func (t *Tx) insertLater(ctx context.Context, table string, rows any) error {
	all := reflect.ValueOf(rows)
	if all.Len() > preparedRows {
		return t.insert(ctx, table, rows)
	}
	t.later(t.inserting(table, all).written())
	return nil
}

// insertBoth is insertLater into two tables, the second of which may refer to the first, in one statement where both are few rows.
func (t *Tx) insertBoth(ctx context.Context, table string, rows any, table2 string, rows2 any) error {
	first, second := reflect.ValueOf(rows), reflect.ValueOf(rows2)
	if first.Len() > preparedRows || second.Len() > preparedRows {
		if err := t.insert(ctx, table, rows); err != nil {
			return err
		}
		return t.insert(ctx, table2, rows2)
	}
	s, s2 := shapeOf(first.Type().Elem()), shapeOf(second.Type().Elem())
	text := "WITH first AS (" + t.insertion(s, table, first.Len()) + ") " + t.insertion(s2, table2, second.Len())
	t.later(t.prepared(text, s2.values(s.values(nil, first), second)...).written())
	return nil
}

// values appends the values of all columns of the rows.
func (s *shape) values(args []any, rows reflect.Value) []any {
	for i := range rows.Len() {
		for _, c := range s.columns {
			args = append(args, rows.Index(i).FieldByIndex(c.field).Interface())
		}
	}
	return args
}

type insertionKey struct {
	shape *shape
	table string
	rows  int
}

var insertions sync.Map // texts by insertionKey

// insertion is the text of the INSERT of so many rows.
func (t *Tx) insertion(s *shape, table string, rows int) string {
	key := insertionKey{s, table, rows}
	if known, ok := insertions.Load(key); ok {
		return known.(string)
	}
	names, marks := make([]string, len(s.columns)), make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i], marks[i] = c.name, "?"
	}
	values := make([]string, rows)
	for i := range values {
		values[i] = "(" + strings.Join(marks, ", ") + ")"
	}
	text := fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", table, strings.Join(names, ", "), strings.Join(values, ", "))
	insertions.Store(key, text)
	return text
}

// assignments lists columns for an UPDATE with one mark each, and their values of a row.
func assignments[Row any](row *Row, columns []string) (text string, args []any) {
	s, v := shapeOf(reflect.TypeFor[Row]()), reflect.ValueOf(row).Elem()
	for _, name := range columns {
		args = append(args, v.FieldByIndex(s.columns[s.places[name]].field).Interface())
	}
	return strings.Join(columns, " = ?, ") + " = ?", args
}
