package creditpocket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// encode writes a struct as the API spells it.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := encodeStruct(&b, reflect.ValueOf(v)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func encodeStruct(b *bytes.Buffer, v reflect.Value) error {
	p := planOf(v.Type())
	first := true
	key := func(name string) {
		if !first {
			b.WriteByte(',')
		}
		first = false
		encodeString(b, name)
		b.WriteByte(':')
	}
	b.WriteByte('{')
	for _, f := range p.fields {
		x := v.FieldByIndex(f.index)
		if f.omitempty && (x.IsZero() || x.Kind() == reflect.Slice && x.Len() == 0) {
			continue
		}
		key(f.name)
		start := b.Len()
		if err := encodeValue(b, x, f); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if f.twin != "" {
			value := slices.Clone(b.Bytes()[start:])
			key(f.twin)
			b.Write(value)
		}
	}
	if p.extra != nil {
		extra, _ := v.FieldByIndex(p.extra).Interface().(Extra)
		for _, name := range slices.Sorted(maps.Keys(extra)) {
			key(name)
			b.Write(extra[name])
		}
	}
	b.WriteByte('}')
	return nil
}

func encodeValue(b *bytes.Buffer, v reflect.Value, f field) error {
	switch v.Type() {
	case typeTime:
		encodeString(b, formatTime(v.Interface().(time.Time)))
		return nil
	case typeDate:
		encodeString(b, v.Interface().(Date).String())
		return nil
	case typeDuration:
		d := time.Duration(v.Int())
		if d%time.Second != 0 {
			return fmt.Errorf("must be whole seconds")
		}
		b.WriteString(strconv.FormatInt(int64(d/time.Second), 10))
		return nil
	case typeEmpty:
		b.WriteString(`""`)
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			b.WriteString(`""`)
			return nil
		}
		return encodeValue(b, v.Elem(), f)
	case reflect.String:
		encodeString(b, v.String())
	case reflect.Bool:
		switch {
		case v.Bool():
			b.WriteByte('1')
		case f.mark:
			b.WriteString(`""`)
		default:
			b.WriteByte('0')
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		n := strconv.FormatInt(v.Int(), 10)
		if f.digits {
			n = `"` + n + `"`
		}
		b.WriteString(n)
	case reflect.Float64:
		raw, err := json.Marshal(v.Float())
		if err != nil {
			return fmt.Errorf("is not a number")
		}
		b.Write(raw)
	case reflect.Struct:
		return encodeStruct(b, v)
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := encodeValue(b, v.Index(i), field{}); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		b.WriteByte(']')
	default:
		return fmt.Errorf("a %s has no place on the wire", v.Type())
	}
	return nil
}

func encodeString(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)         // a string always can be written
	b.Truncate(b.Len() - 1) // the encoder's new line
}

// logValue shows a value to a log without what the contract marks as sensitive.
func logValue(v any) slog.Value {
	raw, err := encode(v)
	if err != nil {
		return slog.StringValue(fmt.Sprintf("%T", v))
	}
	return slog.StringValue(string(redactJSON(raw)))
}
