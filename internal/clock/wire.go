package clock

import (
	"errors"
	"time"
)

// WireLayout is the wire's form of an instant: Lagos time to the second.
const WireLayout = "2006-01-02 15:04:05"

// ErrWire says that a text is not an instant in the wire's form. It never repeats the text.
var ErrWire = errors.New("clock: want a time as YYYY-MM-DD HH:MM:SS in Africa/Lagos")

// FormatWire returns t in Lagos in the wire's form, and "" for the zero instant.
func FormatWire(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(Lagos).Format(WireLayout)
}

// ParseWire reads the wire's form; "" gives the zero instant. It returns ErrWire for any other text.
func ParseWire(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(WireLayout, s, Lagos)
	if err != nil || len(s) != len(WireLayout) {
		return time.Time{}, ErrWire
	}
	return t, nil
}
