package wire

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/money"
)

// Flag is the wire's form of a yes or no: 1 or 0.
func Flag(yes bool) int32 {
	if yes {
		return 1
	}
	return 0
}

// IsSet reads an optional flag; absent is no.
func IsSet(flag *int32) bool { return flag != nil && *flag != 0 }

// Text reads an optional string; absent is "".
func Text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Int reads an optional number; absent is 0.
func Int(n *int32) int {
	if n == nil {
		return 0
	}
	return int(*n)
}

// ID is the wire's form of an id: decimal digits, "" for 0, which is no id.
func ID(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// ParseID reads an id: decimal digits, above 0 and within 63 bits. Any other text is VALIDATION_FAILED of the named field.
func ParseID(field, text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || strings.IndexByte("+-", text[0]) >= 0 {
		return 0, fault.Invalid(field, "must be an id: decimal digits, above 0")
	}
	return id, nil
}

// ParseOptionalID reads an id that may be absent or "": 0 then.
func ParseOptionalID(field string, text *string) (int64, error) {
	if Text(text) == "" {
		return 0, nil
	}
	return ParseID(field, *text)
}

// Count is the wire's form of a count of rows: decimal digits.
func Count(n int64) string { return strconv.FormatInt(n, 10) }

// ParseKobo reads an amount in kobo: decimal digits, not negative, at most money.Max. Any other text is VALIDATION_FAILED of
// the named field.
func ParseKobo(field, text string) (money.Kobo, error) {
	k, err := money.Parse(text)
	if err != nil || k < 0 || k > money.Max {
		return 0, fault.Invalid(field, "must be an amount in kobo: decimal digits")
	}
	return k, nil
}

// Int32 brings a count into the 32-bit number of a wire field; a count beyond it is shown as the largest.
func Int32(n int) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

// Time is the wire's form of an instant: "YYYY-MM-DD HH:MM:SS" in Lagos, "" for the zero instant.
func Time(t time.Time) string { return clock.FormatWire(t) }

// TimePtr is Time of an instant that may be absent.
func TimePtr(t *time.Time) string {
	if t == nil {
		return ""
	}
	return clock.FormatWire(*t)
}

// ParseTime reads an instant in the wire's form; absent and "" give the zero instant. Any other text is VALIDATION_FAILED of the
// named field.
func ParseTime(field string, text *string) (time.Time, error) {
	t, err := clock.ParseWire(Text(text))
	if err != nil {
		return time.Time{}, fault.Invalid(field, "must be a time as YYYY-MM-DD HH:MM:SS")
	}
	return t, nil
}

// ParseDate reads a date of the calendar. Any other text, also 2001-02-29, is VALIDATION_FAILED of the named field.
func ParseDate(field, text string) (clock.Date, error) {
	d, err := clock.ParseDate(text)
	if err != nil {
		return clock.Date{}, fault.Invalid(field, "must be a date as YYYY-MM-DD")
	}
	return d, nil
}

// CleanText refuses control characters, which no form of the app can send and PostgreSQL cannot hold. It returns the text
// without blanks around it, or VALIDATION_FAILED of the named field.
func CleanText(field, text string) (string, error) {
	for _, c := range text {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return "", fault.Invalid(field, "must not contain control characters")
		}
	}
	return strings.TrimSpace(text), nil
}
