package lending

import "strings"

// NameMatch is how well a bank's account name fits a borrower's name.
type NameMatch struct {
	Matched  bool
	ScoreBps int // 10,000: every name of the shorter side has an equal partner
	Equal    int // names with an equal partner
	Similar  int // names with a partner that is equal or similar
}

// Scores of one pair of names, in basis points.
const (
	nameEqual    = 10_000
	nameTypo     = 8_500 // one letter differs, both have at least five letters
	nameCut      = 8_000 // one begins with the other, at least three letters
	nameInitial  = 5_000 // one is the other's initial
	nameMinPairs = 2
)

// MatchNames compares a borrower's names with the account name that the bank resolved. Order, case, punctuation, diacritics and
// titles do not count. Each name finds at most one partner, the best pairs first. The names match when two pairs are equal, or when
// one pair is equal and another is similar (cut off, or one letter wrong); an initial alone never makes the second pair. One
// shared name is never enough: families share it.
func MatchNames(first, middle, last, account string) NameMatch {
	mine, theirs := nameTokens(first+" "+middle+" "+last), nameTokens(account)
	shorter := min(len(mine), len(theirs))
	if shorter == 0 {
		return NameMatch{}
	}
	var m NameMatch
	total := 0
	for _, score := range []int{nameEqual, nameTypo, nameCut, nameInitial} {
		for i := 0; i < len(mine); i++ {
			for j := 0; j < len(theirs); j++ {
				if pairScore(mine[i], theirs[j]) != score {
					continue
				}
				total += score
				if score == nameEqual {
					m.Equal++
				}
				if score >= nameCut {
					m.Similar++
				}
				mine, theirs = append(mine[:i:i], mine[i+1:]...), append(theirs[:j:j], theirs[j+1:]...)
				i--
				break
			}
		}
	}
	m.ScoreBps = total / shorter
	m.Matched = m.Equal >= 1 && m.Similar >= nameMinPairs
	return m
}

// pairScore is the highest score two names reach.
func pairScore(a, b string) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	switch {
	case a == b && len(a) > 1:
		return nameEqual
	case len(a) >= 5 && oneEdit(a, b):
		return nameTypo
	case len(a) >= 3 && strings.HasPrefix(b, a):
		return nameCut
	case len(a) == 1 && b[0] == a[0]:
		return nameInitial
	}
	return 0
}

// oneEdit says whether b, which is not shorter than a, becomes a by changing, dropping or swapping one letter.
func oneEdit(a, b string) bool {
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i < len(a) && (a[i+1:] == b[i+1:] || (i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]))
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}
