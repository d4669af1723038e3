package lending

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/creditpocket/creditpocket/internal/clock"
)

// indentSpace is how many loans of one brand and day have different numbers.
const indentSpace = 1_000_000

// indentStep and indentShift scatter the sequence: the step has no factor in common with the space, so two sequence numbers give
// the same six digits only when they are a multiple of a million apart. Random digits would collide at about 1,100 loans a day.
const (
	indentStep  = 618_033
	indentShift = 271_828
)

var indentPrefix = regexp.MustCompile(`^[A-Z]{2,4}$`)

// IndentNo returns a loan's number for people: the brand's prefix of 2 to 4 capitals, the date as yymmdd, and six digits made
// from a sequence that never repeats. It returns an error for another prefix, a zero date or a negative sequence number.
func IndentNo(prefix string, date clock.Date, sequence int64) (string, error) {
	if !indentPrefix.MatchString(prefix) || date.IsZero() || sequence < 0 {
		return "", errors.New("lending: an indent number needs a prefix of 2 to 4 capitals, a date and a sequence number")
	}
	digits := (sequence%indentSpace*indentStep + indentShift) % indentSpace
	return fmt.Sprintf("%s%02d%02d%02d%06d", prefix, date.Year%100, int(date.Month), date.Day, digits), nil
}
