// Package paper prints the documents about a loan as PDF. It knows what servicing says and how a page looks, nothing else; it does no
// input or output. It may import the capabilities and what they import.
package paper

import (
	"bytes"
	_ "embed"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/servicing"
)

// font covers the names and signs of Nigeria's languages, the naira sign too, which the fonts of every PDF reader do not.
//
//go:embed fonts/DejaVuSansCondensed.ttf
var font []byte

const (
	family = "dejavu"
	margin = 15.0 // millimetres
	width  = 210 - 2*margin
	bottom = 22.0
)

// sheet is a document being written.
type sheet struct{ *fpdf.Fpdf }

// newSheet begins a document; each page ends with the code by which it can be checked.
func newSheet(title, code string, date clock.Date) sheet {
	s := sheet{fpdf.New("P", "mm", "A4", "")}
	s.AddUTF8FontFromBytes(family, "", font)
	s.SetMargins(margin, margin, margin)
	s.SetAutoPageBreak(true, bottom)
	s.SetTitle(title, true)
	s.SetCreator("Credit Pocket", true)
	s.SetCreationDate(date.Start()) // the same document is the same bytes
	s.SetModificationDate(date.Start())
	s.AliasNbPages("{pages}")
	s.SetFooterFunc(func() {
		s.SetY(-bottom + 6)
		s.SetFont(family, "", 7.5)
		s.CellFormat(width*0.7, 4, "Verification code "+code+" (check it at /document/verify)", "", 0, "L", false, 0, "")
		s.CellFormat(width*0.3, 4, fmt.Sprintf("Page %d of {pages}", s.PageNo()), "", 0, "R", false, 0, "")
	})
	s.AddPage()
	return s
}

// heading writes who gives out which document.
func (s sheet) heading(h servicing.DocumentHead, title string) {
	s.SetFont(family, "", 18)
	s.MultiCell(width, 9, h.BrandName, "", "L", false)
	s.SetFont(family, "", 13)
	s.MultiCell(width, 8, title, "", "L", false)
	s.Ln(3)
}

// facts writes names and values in two columns.
func (s sheet) facts(pairs ...[2]string) {
	s.SetFont(family, "", 9.5)
	for _, p := range pairs {
		s.CellFormat(width*0.35, 5.5, p[0], "", 0, "L", false, 0, "")
		s.MultiCell(width*0.65, 5.5, p[1], "", "L", false)
	}
	s.Ln(3)
}

func (s sheet) text(text string) {
	s.SetFont(family, "", 10.5)
	s.MultiCell(width, 6, text, "", "L", false)
	s.Ln(3)
}

// bytes ends the document.
func (s sheet) bytes() ([]byte, error) {
	var out bytes.Buffer
	if err := s.Output(&out); err != nil {
		return nil, fmt.Errorf("paper: %w", err)
	}
	return out.Bytes(), nil
}

// facts of every document.
func headFacts(h servicing.DocumentHead) [][2]string {
	return [][2]string{
		{"Borrower", h.Borrower}, {"Loan number", h.IndentNo}, {"Date of this document", h.Date.String()}, {"Principal", h.Principal.String()},
		{"Paid out", h.Disbursed.String() + on(h.DisbursedAt)}, {"Due at maturity", h.Due.String() + on(h.DueAt)},
	}
}

// on is a date in Lagos after an amount; nothing for the zero instant.
func on(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " on " + clock.DateOf(t).String()
}
