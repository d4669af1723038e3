package paper

import (
	"slices"
	"strings"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/servicing"
)

// columns of a statement: their names, shares of the width, and alignment.
var columns = []struct {
	name  string
	share float64
	align string
}{{"Date", 0.17, "L"}, {"Event", 0.13, "L"}, {"Account", 0.31, "L"}, {"Debit", 0.13, "R"}, {"Credit", 0.13, "R"}, {"Outstanding", 0.13, "R"}}

const lineHeight = 4.6

// Statement prints a statement: every posting, and the totals.
func Statement(st servicing.Statement) ([]byte, error) {
	s := newSheet("Statement of loan "+st.IndentNo, st.Code, st.Date)
	s.heading(st.DocumentHead, "Statement of account")
	s.facts(append(headFacts(st.DocumentHead), [2]string{"State", words(st.State.String())})...)
	s.row(func(i int) string { return columns[i].name })
	for _, l := range st.Lines {
		if _, page := s.GetPageSize(); s.GetY()+lineHeight > page-bottom {
			s.AddPage()
			s.row(func(i int) string { return columns[i].name })
		}
		cells := []string{clock.FormatWire(l.At), words(string(l.Kind)), words(string(l.Account)), amount(max(l.Amount, 0)), amount(max(-l.Amount, 0)), l.Outstanding.String()}
		s.row(func(i int) string { return cells[i] })
	}
	s.Ln(4)
	t := st.Totals
	all := [][2]string{{"Charged", t.Charged.String()}, {"Paid", t.Paid.String()}}
	for _, more := range []struct {
		name  string
		value money.Kobo
	}{{"Paid for by a coupon", t.Coupon}, {"Forgiven or given back", t.Waived}, {"Written off", t.WrittenOff}, {"Received after the write-off", t.Recovered},
		{"Fees for moving the due date", t.ExtensionFees}, {"Paid beyond the debt", t.Credit}, {"No longer owed: the payout came back", t.Reversed}} {
		if more.value != 0 {
			all = append(all, [2]string{more.name, more.value.String()})
		}
	}
	s.facts(slices.Concat(all, [][2]string{{"Outstanding", t.Outstanding.String()}})...)
	return s.bytes()
}

func (s sheet) row(cell func(i int) string) {
	s.SetFont(family, "", 7.5)
	s.SetLineWidth(0.1)
	for i, c := range columns {
		s.CellFormat(width*c.share, lineHeight, cell(i), "B", 0, c.align, false, 0, "")
	}
	s.Ln(lineHeight)
}

// amount is an amount, and nothing for none.
func amount(k money.Kobo) string {
	if k == 0 {
		return ""
	}
	return k.String()
}

// words makes a stable name readable.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }
