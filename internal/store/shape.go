package store

import (
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"

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
