package creditpocket

import (
	"fmt"
	"time"
)

// Lagos is the time zone of every instant and date of the API: UTC+1, no daylight saving.
var Lagos = time.FixedZone("Africa/Lagos", 3600)

const wireTime = "2006-01-02 15:04:05"

// Date is a calendar day. The zero value is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day in Lagos at an instant.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Lagos).Date()
	return Date{y, m, d}
}

// ParseDate reads "1994-05-17". A day that no calendar has is an error.
func ParseDate(s string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, Lagos)
	if err != nil {
		return Date{}, fmt.Errorf("creditpocket: not a date such as 1994-05-17")
	}
	return DateOf(t), nil
}

// IsZero says whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Time is the day's beginning in Lagos; the zero time for no date.
func (d Date) Time() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, Lagos)
}

// String is "1994-05-17", "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText is String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what String writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	var err error
	*d, err = ParseDate(string(text))
	return err
}

// formatTime is an instant as the API writes it; "" for the zero time.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(Lagos).Format(wireTime)
}

// parseTime reads what formatTime writes and nothing else.
func parseTime(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	t, err := time.ParseInLocation(wireTime, s, Lagos)
	return t, err == nil && formatTime(t) == s
}
