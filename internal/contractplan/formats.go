package contractplan

import (
	"errors"
	"net/mail"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// Format tells whether a text is of a format. It must not keep or change the bytes.
type Format func(text []byte) bool

// Formats are the text formats this service checks, by the names they have in a document. kin-openapi does not check uuid
// and email by itself, and takes 2026-02-30 for a date.
func Formats() map[string]Format {
	return map[string]Format{
		"uuid": isUUID,
		"date": func(text []byte) bool {
			if !isDateShaped(text) {
				return false
			}
			_, err := time.Parse(time.DateOnly, string(text))
			return err == nil
		},
		"email": func(text []byte) bool {
			a, err := mail.ParseAddress(string(text))
			return err == nil && a.Address == string(text)
		},
		"byte": isBase64,
	}
}

// isUUID takes any version in either case: 8-4-4-4-12 hexadecimal digits.
func isUUID(text []byte) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range text {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
				return false
			}
		}
	}
	return true
}

func isDateShaped(text []byte) bool {
	return len(text) == len(time.DateOnly) && text[4] == '-' && text[7] == '-'
}

// isBase64 is kin-openapi's rule: letters of either alphabet, padding only at the end, no more than that.
func isBase64(text []byte) bool {
	i := 0
	for ; i < len(text); i++ {
		c := text[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_') {
			break
		}
	}
	for ; i < len(text); i++ {
		if text[i] != '=' {
			return false
		}
	}
	return true
}

// Validators are formats as kin-openapi takes them, so that both validators share one definition.
func Validators(formats map[string]Format) map[string]openapi3.StringFormatValidator {
	validators := make(map[string]openapi3.StringFormatValidator, len(formats))
	for name, format := range formats {
		validators[name] = openapi3.NewCallbackValidator(func(s string) error {
			if !format([]byte(s)) {
				return errNotOfFormat
			}
			return nil
		})
	}
	return validators
}

// errNotOfFormat holds no value, as those of net/mail and time do.
var errNotOfFormat = errors.New("not of this format")
