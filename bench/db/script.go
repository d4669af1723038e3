//go:build linux

package main

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// known says what a value of the recorded call is in terms of pgbench's variables: an SQL expression for each text.
type known map[string]string

// newIDs is how many ids a script may give to new rows.
const newIDs = 64

var (
	literal = regexp.MustCompile(`'(?:[^']|'')*'|\$\d+(?:::\w+\[\])?|\b\d{15,}\b`)
	uuid    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
	longID  = regexp.MustCompile(`\d{15,}`)
	indent  = regexp.MustCompile(`^[A-Z]{2,4}\d{12}$`)
)

// script turns recorded statements into a pgbench script. What was drawn anew for the call, ids and random names, is drawn anew; what
// names the rows of the call becomes a variable; all else is as it was. set is what comes before: it sets the variables.
func script(set string, trips []trip, values known) (string, error) {
	s := scripter{values: values, types: pgtype.NewMap()}
	var body strings.Builder
	for _, t := range trips {
		if len(t) > 1 {
			body.WriteString("\\startpipeline\n")
		}
		for _, one := range t {
			text, err := s.statement(one)
			if err != nil {
				return "", err
			}
			body.WriteString(text + ";\n")
		}
		if len(t) > 1 {
			body.WriteString("\\endpipeline\n")
		}
	}
	if s.drawn > newIDs {
		return "", fmt.Errorf("a call makes %d rows, there are ids for %d", s.drawn, newIDs)
	}
	head := "\\set n :k * :clients + :client_id\n\\set k :k + 1\n" + set
	for i := range s.drawn {
		head += fmt.Sprintf("\\set id%d :base + :n * %d + %d\n", i, newIDs, i)
	}
	return head + body.String(), nil
}

type scripter struct {
	values known
	types  *pgtype.Map
	drawn  int
}

// statement is a statement on one line.
func (s *scripter) statement(one statement) (string, error) {
	var failed error
	text := literal.ReplaceAllStringFunc(one.sql, func(l string) string {
		switch l[0] {
		case '\'':
			return s.text(strings.ReplaceAll(l[1:len(l)-1], "''", "'"))
		case '$':
			mark, cast, typed := strings.Cut(l, "::")
			n, _ := strconv.Atoi(mark[1:])
			if n < 1 || n > len(one.args) {
				failed = fmt.Errorf("%s has no argument %s", one.sql, l)
				return l
			}
			out, err := s.argument(one.args[n-1])
			if err != nil {
				failed = fmt.Errorf("%s: argument %s: %w", one.sql, l, err)
			}
			if array, ok := s.types.TypeForValue(one.args[n-1]); ok && !typed && strings.HasPrefix(array.Name, "_") {
				cast, typed = array.Name[1:]+"[]", true // an expression says nothing of its type
			}
			if typed {
				out += "::" + cast
			}
			return out
		}
		return s.id(l)
	})
	return strings.Join(strings.Fields(text), " "), failed
}

// id is a number that names a row: a variable, drawn anew where the call has drawn it.
func (s *scripter) id(number string) string {
	expression, ok := s.values[number]
	if !ok {
		expression = fmt.Sprintf(":id%d", s.drawn)
		s.drawn++
		s.values[number] = expression
	}
	return expression
}

// argument is an argument of a statement with parameters: what varies as a variable, all else as a constant.
func (s *scripter) argument(v any) (string, error) {
	text, null, err := s.encode(v)
	switch {
	case err != nil:
		return "", err
	case null:
		return "NULL", nil
	}
	if text != "" && longID.FindString(text) == text {
		return s.id(text), nil
	}
	return s.text(text), nil
}

// encode is a value as PostgreSQL reads it.
func (s *scripter) encode(v any) (text string, null bool, err error) {
	switch v := v.(type) {
	case nil:
		return "", true, nil
	case string:
		return v, false, nil
	case []byte:
		if v == nil {
			return "", true, nil
		}
		return fmt.Sprintf(`\x%x`, v), false, nil
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999999Z07:00"), false, nil
	}
	t, ok := s.types.TypeForValue(v)
	if !ok {
		return fmt.Sprint(v), false, nil
	}
	raw, err := s.types.Encode(t.OID, pgtype.TextFormatCode, v, nil)
	return string(raw), raw == nil, err
}

// named is what pgbench would take for a variable inside of a text.
var named = regexp.MustCompile(`:([A-Za-z_])`)

// quoted is a text as a literal in which pgbench sees no variable.
func quoted(text string) string {
	if named.MatchString(text) {
		return "E'" + named.ReplaceAllString(strings.NewReplacer("'", "''", `\`, `\\`).Replace(text), `\072$1`) + "'"
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// text is a literal, or an expression where values of the call stand in it.
func (s *scripter) text(text string) string {
	if strings.HasPrefix(text, `\x`) {
		return quoted(text)
	}
	if expression, ok := s.values[text]; ok {
		return expression
	}
	if indent.MatchString(text) { // a loan's number for people, drawn anew
		return "('B' || :base::text || :n::text)"
	}
	type part struct {
		from, to int
		with     string
	}
	var parts []part
	for _, at := range uuid.FindAllStringIndex(text, -1) {
		parts = append(parts, part{at[0], at[1], "gen_random_uuid()::text"})
	}
	for _, at := range longID.FindAllStringIndex(text, -1) {
		if len(parts) == 0 || at[0] >= parts[len(parts)-1].to {
			parts = append(parts, part{at[0], at[1], s.id(text[at[0]:at[1]]) + "::text"})
		}
	}
	for value, expression := range s.values {
		if at := strings.Index(text, value); at >= 0 && longID.FindString(value) != value {
			parts = append(parts, part{at, at + len(value), expression})
		}
	}
	if len(parts) == 0 {
		return quoted(text)
	}
	sort.Slice(parts, func(i, j int) bool {
		return parts[i].from < parts[j].from || (parts[i].from == parts[j].from && parts[i].to > parts[j].to)
	})
	if len(parts) == 1 && parts[0].from == 0 && parts[0].to == len(text) && uuid.MatchString(text) {
		return "gen_random_uuid()"
	}
	var out []string
	end := 0
	for _, p := range parts {
		if p.from < end {
			continue // inside of the one before
		}
		if p.from > end {
			out = append(out, quoted(text[end:p.from]))
		}
		out, end = append(out, p.with), p.to
	}
	if end < len(text) {
		out = append(out, quoted(text[end:]))
	}
	return "(" + strings.Join(out, " || ") + ")"
}
