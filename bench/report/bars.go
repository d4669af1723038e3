package report

import (
	"fmt"
	"html"
	"os"
	"strings"
)

// Bar is one value of a chart.
type Bar struct {
	Name  string
	Value float64
	Ours  bool // drawn in the other colour
}

// Bars writes a chart of horizontal bars as SVG.
func Bars(path, title string, groups map[string][]Bar, order []string) error {
	const left, width, height = 270, 430, 20
	var b strings.Builder
	y := 34
	for _, group := range order {
		most := 0.0
		for _, bar := range groups[group] {
			most = max(most, bar.Value)
		}
		fmt.Fprintf(&b, `<text x="10" y="%d" font-weight="bold">%s</text>`+"\n", y+14, html.EscapeString(group))
		y += 24
		for _, bar := range groups[group] {
			colour := "#9aa5b1"
			if bar.Ours {
				colour = "#1f7a5c"
			}
			w := bar.Value / most * width
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text><rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/><text x="%.1f" y="%d">%.0f</text>`+"\n",
				left-8, y+14, html.EscapeString(bar.Name), left, y+2, w, height-6, colour, left+w+6, y+14, bar.Value)
			y += height
		}
		y += 12
	}
	head := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="790" height="%d" font-family="sans-serif" font-size="12">`+"\n"+
		`<rect width="100%%" height="100%%" fill="white"/><text x="10" y="20" font-size="14" font-weight="bold">%s</text>`+"\n", y, html.EscapeString(title))
	return os.WriteFile(path, []byte(head+b.String()+"</svg>\n"), 0o644)
}
