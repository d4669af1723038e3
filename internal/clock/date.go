package clock

import (
	"errors"
	"time"
)

// Lagos is West Africa Time, UTC+1 without daylight saving since 1919. A fixed zone needs no tzdata on the machine.
var Lagos = time.FixedZone("WAT", 60*60)

// Date is a civil date in Lagos. It is comparable and usable as a map key; the zero value means "no date".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ErrDate says that a text is not a date of the form YYYY-MM-DD. It never repeats the text.
var ErrDate = errors.New("clock: want a date as YYYY-MM-DD")

const dateLayout = "2006-01-02"

// DateOf returns the date in Lagos at instant t, whatever t's own zone; the zero instant gives the zero date.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	y, m, d := t.In(Lagos).Date()
	return Date{y, m, d}
}

// NewDate returns the date, normalised as time.Date does (32 January is 1 February).
func NewDate(year int, month time.Month, day int) Date {
	y, m, d := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD, or returns ErrDate.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateLayout, s)
	if err != nil || len(s) != len(dateLayout) {
		return Date{}, ErrDate
	}
	y, m, d := t.Date()
	return Date{y, m, d}, nil
}

// IsZero says that there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Start is midnight in Lagos at the beginning of the date; the zero date gives the zero instant.
func (d Date) Start() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, Lagos)
}

// days counts the date from 1970-01-01.
func (d Date) days() int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
}

// Sub returns the number of days from o to d: positive when d is later.
func (d Date) Sub(o Date) int { return int(d.days() - o.days()) }

// AddDays returns the date n days later, earlier for a negative n.
func (d Date) AddDays(n int) Date { return NewDate(d.Year, d.Month, d.Day+n) }

// Compare returns -1, 0 or 1 as d is before, the same as or after o.
func (d Date) Compare(o Date) int { return d.Start().Compare(o.Start()) }

// Before says whether d is earlier than o.
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// After says whether d is later than o.
func (d Date) After(o Date) bool { return d.Compare(o) > 0 }

// Later returns the later of the two dates; the zero date is earlier than every other.
func (d Date) Later(o Date) Date {
	if d.Before(o) {
		return o
	}
	return d
}

// AgeOn returns the completed years of somebody born on d, on the date on; somebody born on 29 February completes a year on 1 March
// of a common year. It is negative when on is before d.
func (d Date) AgeOn(on Date) int {
	years := on.Year - d.Year
	if on.Month < d.Month || (on.Month == d.Month && on.Day < d.Day) {
		years--
	}
	return years
}

// String returns YYYY-MM-DD, and "" for the zero date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Start().Format(dateLayout)
}

// MarshalText returns String, for JSON and for text stores.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote ("" is the zero date), or returns ErrDate.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
