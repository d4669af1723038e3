package creditpocket

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"time"
)

// How a Go field looks on the wire follows from its type and the options of its tag, `wire:"name,option"`:
//
//	string            "text"                       Kobo, with `digits` any int   "1600000"
//	int               7                            Kobo with `number`            1600000
//	bool              0 or 1                       bool with `mark`              "" or 1
//	time.Time         "2022-01-15 15:34:51", ""    Date                          "1994-05-17", ""
//	time.Duration     whole seconds                *T with digits                nil is ""
//
// `omitempty` leaves a zero value out: absent is not zero, so fields where both mean something are pointers. `twin=other` is
// sent under a second name too. A field named Extra holds what the server sent and this SDK does not know.
type plan struct {
	fields []field
	extra  []int // nil: nothing unknown is accepted
}

type field struct {
	name      string
	twin      string
	index     []int
	digits    bool
	mark      bool
	omitempty bool
}

// alwaysEmpty is a property that is always "".
type alwaysEmpty struct{}

// Extra holds properties of an answer that this version of the SDK does not know, by their names on the wire.
type Extra map[string]json.RawMessage

var (
	typeKobo     = reflect.TypeFor[Kobo]()
	typeTime     = reflect.TypeFor[time.Time]()
	typeDate     = reflect.TypeFor[Date]()
	typeDuration = reflect.TypeFor[time.Duration]()
	typeEmpty    = reflect.TypeFor[alwaysEmpty]()
	typeExtra    = reflect.TypeFor[Extra]()
)

var plans sync.Map // of *plan by reflect.Type

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{}
	p.add(t, nil)
	plans.Store(t, p)
	return p
}

// add collects the fields of a struct. Those of an embedded one stand in its place; the outermost Extra counts.
func (p *plan) add(t reflect.Type, path []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(path[:len(path):len(path)], i)
		if f.Type == typeExtra {
			if p.extra == nil || len(index) < len(p.extra) {
				p.extra = index
			}
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("wire"), ",")
		if name == "" {
			if f.Anonymous {
				p.add(f.Type, index)
			}
			continue
		}
		w := field{name: name, index: index}
		base := f.Type
		if base.Kind() == reflect.Pointer {
			base = base.Elem()
		}
		w.digits = base == typeKobo
		for option := range strings.SplitSeq(options, ",") {
			switch {
			case option == "digits":
				w.digits = true
			case option == "number":
				w.digits = false
			case option == "mark":
				w.mark = true
			case option == "omitempty":
				w.omitempty = true
			case strings.HasPrefix(option, "twin="):
				w.twin = option[len("twin="):]
			}
		}
		p.fields = append(p.fields, w)
	}
}
