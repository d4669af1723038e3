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
	s := shapeOf(all.Type().Elem())
	args := make([]any, 0, all.Len()*len(s.columns))
	for i := range all.Len() {
		for _, c := range s.columns {
			args = append(args, all.Index(i).FieldByIndex(c.field).Interface())
		}
	}
	_, err := t.prepared(t.insertion(s, table, all.Len()), args...).Exec(ctx)
	return fromTx(err)
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
