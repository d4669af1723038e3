package creditpocket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// DecodeError says that a part of an answer is not what the contract says, or cannot be represented without loss. It never
// repeats the value.
type DecodeError struct {
	// Path is the place in the answer's data, such as `list[3].balance`.
	Path string
	// Problem is what is wrong there.
	Problem string
}

// Error names the place and the problem.
func (e *DecodeError) Error() string {
	if e.Path == "" {
		return "creditpocket: data " + e.Problem
	}
	return "creditpocket: data." + e.Path + " " + e.Problem
}

// Unwrap makes errors.Is(err, ErrUnexpectedAnswer) true.
func (e *DecodeError) Unwrap() error { return ErrUnexpectedAnswer }

// decode reads a struct as the API spells it. A property that is missing, of another type or not representable is an error; one
// that is not known goes to Extra.
func decode(raw []byte, into any) error {
	return decodeStruct(raw, reflect.ValueOf(into).Elem(), "")
}

func decodeStruct(raw []byte, v reflect.Value, path string) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return &DecodeError{path, "is not an object"}
	}
	out := reflect.New(v.Type()).Elem()
	p := planOf(v.Type())
	for _, f := range p.fields {
		place := join(path, f.name)
		member, ok := members[f.name]
		delete(members, f.name)
		if !ok {
			if f.omitempty {
				continue
			}
			return &DecodeError{place, "is missing"}
		}
		if f.twin != "" {
			twin, ok := members[f.twin]
			delete(members, f.twin)
			if !ok || !bytes.Equal(twin, member) {
				return &DecodeError{join(path, f.twin), "is not the same as " + f.name}
			}
		}
		if problem := decodeValue(member, out.FieldByIndex(f.index), f, place); problem != nil {
			return problem
		}
	}
	if p.extra == nil && len(members) > 0 {
		return &DecodeError{path, "has a property that is not known"}
	}
	if len(members) > 0 {
		out.FieldByIndex(p.extra).Set(reflect.ValueOf(Extra(members)))
	}
	v.Set(out)
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func decodeValue(raw json.RawMessage, v reflect.Value, f field, path string) error {
	wrong := func(problem string) error { return &DecodeError{path, problem} }
	switch v.Type() {
	case typeTime, typeDate, typeEmpty:
		s, ok := text(raw)
		if !ok {
			return wrong("is not a string")
		}
		return decodeText(s, v, wrong)
	case typeDuration:
		n, err := strconv.ParseInt(string(raw), 10, 32)
		if err != nil {
			return wrong("is not a whole number of seconds")
		}
		v.SetInt(n * int64(time.Second))
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if string(raw) == `""` {
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return decodeValue(raw, v.Elem(), f, path)
	case reflect.String:
		s, ok := text(raw)
		if !ok {
			return wrong("is not a string")
		}
		v.SetString(s)
	case reflect.Bool:
		switch s := string(raw); {
		case s == "1":
			v.SetBool(true)
		case f.mark && s == `""`, !f.mark && s == "0":
		default:
			return wrong("is neither yes nor no")
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		var n int64
		var err error
		if f.digits {
			n, err = digits(raw)
		} else {
			n, err = strconv.ParseInt(string(raw), 10, 64)
		}
		if err != nil || v.OverflowInt(n) {
			return wrong("is not a whole number in range")
		}
		v.SetInt(n)
	case reflect.Float64:
		n, err := strconv.ParseFloat(string(raw), 64)
		if err != nil {
			return wrong("is not a number")
		}
		v.SetFloat(n)
	case reflect.Struct:
		return decodeStruct(raw, v, path)
	case reflect.Slice:
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil || items == nil {
			return wrong("is not a list")
		}
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			if err := decodeValue(item, v.Index(i), field{}, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	default:
		return wrong("has a type that has no place on the wire")
	}
	return nil
}

func decodeText(s string, v reflect.Value, wrong func(string) error) error {
	switch v.Type() {
	case typeTime:
		t, ok := parseTime(s)
		if !ok {
			return wrong("is not a time such as 2022-01-15 15:34:51")
		}
		v.Set(reflect.ValueOf(t))
	case typeDate:
		var d Date
		if d.UnmarshalText([]byte(s)) != nil || d.String() != s {
			return wrong("is not a date such as 1994-05-17")
		}
		v.Set(reflect.ValueOf(d))
	default:
		if s != "" {
			return wrong("is not empty")
		}
	}
	return nil
}

// text reads a JSON string.
func text(raw []byte) (string, bool) {
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", false
	}
	return *s, true
}

// digits reads a 64-bit number as the API sends it: a string of digits without a leading zero, so that writing it again gives
// the same string.
func digits(raw []byte) (int64, error) {
	s, ok := text(raw)
	n, err := strconv.ParseInt(s, 10, 64)
	if !ok || err != nil || strconv.FormatInt(n, 10) != s || strings.HasPrefix(s, "-") {
		return 0, fmt.Errorf("creditpocket: not a string of digits")
	}
	return n, nil
}
