package report

import (
	"bufio"
	"io"
	"strings"
)

// LastResult reads to the end and returns the last line that is a RESULT; "" where there is none.
func LastResult(r io.Reader) (last string, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "RESULT ") {
			last = lines.Text()
		}
	}
	return last, lines.Err()
}

// Figure is one key=value of a RESULT line.
type Figure struct{ Name, Value string }

// Figures are those of a RESULT line, in its order.
func Figures(line string) []Figure {
	var out []Figure
	for i, word := range strings.Fields(line) {
		if name, value, ok := strings.Cut(word, "="); ok && i >= 2 {
			out = append(out, Figure{name, value})
		}
	}
	return out
}
