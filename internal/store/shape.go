package store

import (
	"database/sql"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// shape is how a struct's fields lie in columns, by bun's rules: the tag's name or the field's in small letters with underscores, and
// embed:prefix for a struct within.
type shape struct {
	columns []column
	places  map[string]int // of a column, in columns
}

type column struct {
	name  string
	field []int // the way to the field
	date  bool  // a date that is kept as text
}

var (
	shapes    sync.Map // by type
	timeType  = reflect.TypeFor[time.Time]()
	modelType = reflect.TypeFor[bun.BaseModel]()

	rawJSONType = reflect.TypeFor[*json.RawMessage]()
	bytesType   = reflect.TypeFor[*[]byte]()
)

func shapeOf(t reflect.Type) *shape {
	if known, ok := shapes.Load(t); ok {
		return known.(*shape)
	}
	s := &shape{places: map[string]int{}}
	s.add(t, nil, "")
	for i, c := range s.columns {
		s.places[c.name] = i
	}
	shapes.Store(t, s)
	return s
}

func (s *shape) add(t reflect.Type, way []int, prefix string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("bun"), ",")
		to := append(append([]int{}, way...), i)
		within, embedded := strings.CutPrefix(tag[0], "embed:")
		switch {
		case f.Type == modelType || tag[0] == "-":
		case embedded:
			s.add(f.Type, to, prefix+within)
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			s.add(f.Type, to, prefix)
		case f.IsExported():
			name := tag[0]
			if name == "" {
				name = underscored(f.Name)
			}
			date := false
			for _, option := range tag[1:] {
				date = date || option == "type:date"
			}
			s.columns = append(s.columns, column{prefix + name, to, date})
		}
	}
}

// underscored is a field's name as a column's: BorrowerID is borrower_id.
func underscored(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		if i > 0 && i+1 < len(letters) && unicode.IsUpper(r) && (unicode.IsLower(letters[i-1]) || unicode.IsLower(letters[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// selected lists the columns of a row type for a SELECT from the alias. A list says what a statement gives whatever a later migration
// adds to the table, so that a prepared one stays good.
func selected[Row any](alias string) string {
	var names []string
	for _, c := range shapeOf(reflect.TypeFor[Row]()).columns {
		name := alias + "." + c.name
		if c.date {
			name += "::text AS " + c.name
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// scan reads rows into a pointer to a slice, or one row into a pointer to a struct or pointers to single values.
func scan(rows pgx.Rows, dest []any) error {
	defer rows.Close()
	if len(dest) == 1 {
		v := reflect.ValueOf(dest[0]).Elem()
		switch {
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
			return scanAll(rows, v)
		case isRow(v.Type()):
			if !rows.Next() {
				return noRow(rows)
			}
			if err := rows.Scan(pointers(rows, v.Type())(v)...); err != nil {
				return err
			}
			rows.Close()
			return rows.Err()
		}
	}
	if !rows.Next() {
		return noRow(rows)
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}

func isRow(t reflect.Type) bool { return t.Kind() == reflect.Struct && t != timeType }

func noRow(rows pgx.Rows) error {
	if err := rows.Err(); err != nil {
		return err
	}
	return sql.ErrNoRows
}

func scanAll(rows pgx.Rows, v reflect.Value) error {
	v.SetLen(0)
	of := v.Type().Elem()
	var into func(reflect.Value) []any
	for rows.Next() {
		if into == nil {
			into = func(v reflect.Value) []any { return []any{v.Addr().Interface()} }
			if isRow(of) {
				into = pointers(rows, of)
			}
		}
		one := reflect.New(of).Elem()
		if err := rows.Scan(into(one)...); err != nil {
			return err
		}
		v.Set(reflect.Append(v, one))
	}
	return rows.Err()
}

// pointers gives what the columns of rows are scanned into: the fields of a struct of the type.
func pointers(rows pgx.Rows, t reflect.Type) func(reflect.Value) []any {
	s, fields := shapeOf(t), rows.FieldDescriptions()
	ways := make([][]int, len(fields))
	for i, f := range fields {
		if place, ok := s.places[f.Name]; ok { // another column is of the next version, which has migrated while this one still runs
			ways[i] = s.columns[place].field
		}
	}
	out := make([]any, len(fields))
	return func(v reflect.Value) []any {
		for i, way := range ways {
			if way == nil {
				continue
			}
			to := v.FieldByIndex(way).Addr()
			if to.Type() == rawJSONType {
				to = to.Convert(bytesType) // as it came, without a look at it
			}
			out[i] = to.Interface()
		}
		return out
	}
}
