package server

import (
	"strconv"
	"strings"

	"github.com/creditpocket/creditpocket/internal/fault"
)

// headerPrefer asks the mock for an answer, see RFC 7240.
const headerPrefer = "Prefer"

// preference is which of an operation's examples is wanted. The zero value is the first of the success.
type preference struct {
	status int    // 0: any, a success first
	name   string // of the example; "": the first
}

// readPrefer reads the header: `code=409`, `example=OPEN_LOAN_EXISTS`, or both, divided by commas, semicolons or lines. Preferences of
// other names are not ours and are passed over, as the RFC wants it. It returns VALIDATION_FAILED.
func readPrefer(lines []string) (preference, error) {
	var p preference
	for _, one := range strings.FieldsFunc(strings.Join(lines, ","), func(r rune) bool { return r == ',' || r == ';' }) {
		name, value, _ := strings.Cut(one, "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "code", "status":
			status, err := strconv.Atoi(value)
			if err != nil {
				return p, fault.Invalid(headerPrefer, "code must be an HTTP status such as 409")
			}
			p.status = status
		case "example":
			p.name = value
		}
	}
	return p, nil
}

// applied is the header Preference-Applied: what of the preference the answer follows.
func (p preference) applied(x shownAnswer) string {
	var said []string
	if p.status != 0 {
		said = append(said, "code="+strconv.Itoa(x.status))
	}
	if p.name != "" {
		said = append(said, "example="+x.name)
	}
	return strings.Join(said, ", ")
}
