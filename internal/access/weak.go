package access

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// commonPasswords are words that head every list of leaked passwords, one a line, and those of this market. Digits and signs around
// a word do not make it a better one.
//
//go:embed common_passwords.txt
var commonPasswords string

var commonWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(commonPasswords) {
		if word := strings.TrimSpace(line); word != "" && word[0] != '#' {
			words[word] = true
		}
	}
	return words
})

// leakedPasswords are what lists of leaked passwords hold most often, one a line, packed; leaked_passwords.md says where from.
//
//go:embed leaked_passwords.txt.gz
var leakedPasswords []byte

// leaked unpacks leakedPasswords when the first password is chosen: about a megabyte, and milliseconds once.
var leaked = sync.OnceValue(func() map[string]bool {
	passwords := map[string]bool{}
	packed, err := gzip.NewReader(bytes.NewReader(leakedPasswords))
	if err != nil {
		panic("access: the embedded passwords are damaged: " + err.Error()) // the build's fault, which a test finds
	}
	lines := bufio.NewScanner(packed)
	for lines.Scan() {
		passwords[lines.Text()] = true
	}
	if err := lines.Err(); err != nil {
		panic("access: the embedded passwords are damaged: " + err.Error())
	}
	return passwords
})

// minPasswordLength is the contract's bound, in characters.
const minPasswordLength = 8

// refuseWeak refuses a new password that a stranger would try first: a common word or a leaked password with or without digits around
// it, one character or a run of them, the brand's name, the mobile number or a part of it. It returns PASSWORD_TOO_COMMON, and VALIDATION_FAILED for
// one that is too short, and names the field.
func refuseWeak(field string, password Secret, mobile, brand string) error {
	lower := strings.ToLower(password.Reveal())
	if len([]rune(lower)) < minPasswordLength {
		return fault.Invalid(field, "must have at least 8 characters")
	}
	core := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	words := commonWords()
	national := strings.TrimPrefix(mobile, "+234")
	if words[lower] || leaked()[lower] || leaked()[core] || (core != "" && (words[core] || core == strings.ToLower(brand))) || isRun(lower) ||
		strings.Contains(lower, national) || strings.Contains("+234"+national, lower) || strings.Contains("0"+national, lower) {
		return fault.New(catalog.PasswordTooCommon).WithField(field, "is one of the first that others would try")
	}
	return nil
}

// isRun tells whether a text is one character again and again, or characters that follow each other: 11111111, 12345678, hgfedcba.
func isRun(text string) bool {
	r := []rune(text)
	step := r[1] - r[0]
	if step < -1 || step > 1 {
		return false
	}
	for i := 1; i < len(r); i++ {
		if r[i]-r[i-1] != step {
			return false
		}
	}
	return true
}
