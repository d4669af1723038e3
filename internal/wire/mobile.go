package wire

import (
	"strings"

	"github.com/creditpocket/creditpocket/internal/fault"
)

// nigeria is the country code of every number that this program talks to.
const nigeria = "+234"

// nationalDigits is the length of a Nigerian mobile number without country code and trunk zero.
const nationalDigits = 10

// ParseMobile reads a Nigerian mobile number in one of the four forms that people write, "7000000003", "07000000003",
// "2347000000003" and "+2347000000003", and returns its E.164 form, the last of them. Any other text is VALIDATION_FAILED of
// the named field. The rule is the pattern of the contract (a subscriber number that begins with 70, 71, 80, 81, 90 or 91);
// a numbering plan kept up to date elsewhere would refuse new ranges until the next release of this program.
func ParseMobile(field, text string) (string, error) {
	digits := text
	switch {
	case strings.HasPrefix(text, nigeria):
		digits = text[len(nigeria):]
	case len(text) == nationalDigits+3 && strings.HasPrefix(text, nigeria[1:]):
		digits = text[3:]
	case len(text) == nationalDigits+1 && text[0] == '0':
		digits = text[1:]
	}
	if !isSubscriber(digits) {
		return "", fault.Invalid(field, "must be a Nigerian mobile number, such as 07000000003")
	}
	return nigeria + digits, nil
}

// Mobile returns the wire's form of an E.164 number: the ten digits of a Nigerian number, "" for "". A number of another
// country stays as it is.
func Mobile(e164 string) string { return strings.TrimPrefix(e164, nigeria) }

// MaskMobile hides the middle of a number where people other than its owner see it: "700****003".
func MaskMobile(e164 string) string {
	digits := Mobile(e164)
	if len(digits) != nationalDigits {
		return "***"
	}
	return digits[:3] + "****" + digits[7:]
}

func isSubscriber(digits string) bool {
	if len(digits) != nationalDigits || strings.IndexByte("789", digits[0]) < 0 || strings.IndexByte("01", digits[1]) < 0 {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}
