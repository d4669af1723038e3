package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/creditpocket/creditpocket/internal/seal"
)

// LoanSnapshot is who applied and where the money went, as at the application. It is sealed at rest. Numbers that must
// not be shown are kept masked only.
type LoanSnapshot struct {
	FirstName   string `json:"first"`
	MiddleName  string `json:"middle"`
	LastName    string `json:"last"`
	Mobile      string `json:"mobile"` // E.164
	MaskedBVN   string `json:"bvn"`
	BankCode    string `json:"bank"`
	BankName    string `json:"bankName"`
	AccountNo   string `json:"account"`
	AccountName string `json:"accountName"`
	MaskedCard  string `json:"card"`
	City        string `json:"city"`
}

const loanSnapshotColumn = "loans.snapshot"

// open opens a sealed snapshot with the borrower's key.
func (s *LoanSnapshot) open(key *seal.DataKey, sealed []byte) error {
	plain, err := key.Open(loanSnapshotColumn, sealed)
	if err != nil {
		return fmt.Errorf("%s: %w", loanSnapshotColumn, err)
	}
	return s.decode(plain)
}

// snapshotNames are the names of a snapshot's fields, with what surrounds them, in the order in which they are encoded.
var snapshotNames = [...]string{`{"first":"`, `,"middle":"`, `,"last":"`, `,"mobile":"`, `,"bvn":"`, `,"bank":"`, `,"bankName":"`, `,"account":"`,
	`,"accountName":"`, `,"card":"`, `,"city":"`}

// decode decodes a snapshot. A page of loans has ten of them, so what we write ourselves, and nothing else, is read without looking at it
// as JSON: the same fields in the same order, no escape in any value. The values share one text.
func (s *LoanSnapshot) decode(plain []byte) error {
	text := string(plain)
	rest, ascii := text, true
	for i, to := range [len(snapshotNames)]*string{&s.FirstName, &s.MiddleName, &s.LastName, &s.Mobile, &s.MaskedBVN, &s.BankCode, &s.BankName,
		&s.AccountNo, &s.AccountName, &s.MaskedCard, &s.City} {
		value, ok := strings.CutPrefix(rest, snapshotNames[i])
		if !ok {
			return s.decodeJSON(plain)
		}
		end := 0
		for end < len(value) && value[end] != '"' {
			if value[end] < ' ' || value[end] == '\\' {
				return s.decodeJSON(plain)
			}
			ascii = ascii && value[end] < utf8.RuneSelf
			end++
		}
		if end == len(value) {
			return s.decodeJSON(plain)
		}
		*to, rest = value[:end], value[end+1:]
	}
	if rest != "}" || (!ascii && !utf8.ValidString(text)) {
		return s.decodeJSON(plain)
	}
	return nil
}

// decodeJSON decodes whatever is a snapshot in JSON.
func (s *LoanSnapshot) decodeJSON(plain []byte) error {
	*s = LoanSnapshot{}
	return json.Unmarshal(plain, s)
}
