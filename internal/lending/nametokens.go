package lending

import (
	"slices"
	"strings"
	"unicode"
)

// nameTitles are words in account names that name nobody.
const nameTitles = " MR MRS MS MISS DR PROF ENGR CHIEF ALHAJI ALHAJA REV PASTOR BARR HON "

// nameTokens splits a name into capital words of ASCII letters: diacritics fall away, apostrophes join (O'Neil is ONEIL), every
// other sign separates (Ade-Ojo is two names), titles are dropped. The words are sorted, so that their order cannot matter.
func nameTokens(name string) []string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == 'ʼ' || r == '`':
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteString(foldLetter(unicode.ToUpper(r)))
		default:
			b.WriteByte(' ')
		}
	}
	var out []string
	for _, word := range strings.Fields(b.String()) {
		if !strings.Contains(nameTitles, " "+word+" ") {
			out = append(out, word)
		}
	}
	slices.Sort(out)
	return out
}

// foldings are the precomposed capitals of the languages of Nigeria and its neighbours, by their plain letter. Letters outside the
// table stay as they are: they can only be equal to themselves.
var foldings = map[string]string{
	"A": "ÀÁÂÃÄÅĀĂĄǍẠẢ", "AE": "ÆǼ", "B": "Ɓ", "C": "ÇĆĈĊČ", "D": "ĎĐƊÐ", "E": "ÈÉÊËĒĔĖĘĚẸẺẼƐƎ", "G": "ĜĞĠĢǴ", "H": "ĤĦḤ",
	"I": "ÌÍÎÏĨĪĬĮİǏỊỈ", "K": "ĶƘǨ", "L": "ĹĻĽŁḶ", "M": "ḾṀṂ", "N": "ÑŃŅŇǸṄṆŊ", "O": "ÒÓÔÕÖØŌŎŐǑỌỎƆ", "OE": "Œ", "R": "ŔŖŘṚ",
	"S": "ŚŜŞŠṢȘ", "SS": "ẞß", "T": "ŢŤṬȚ", "U": "ÙÚÛÜŨŪŬŮŰŲǓỤỦ", "V": "Ʋ", "W": "ŴẀẂẄ", "Y": "ÝŶŸƳẎỲỴ", "Z": "ŹŻŽẒ",
}

func foldLetter(r rune) string {
	if r <= unicode.MaxASCII {
		return string(r)
	}
	for plain, variants := range foldings {
		if strings.ContainsRune(variants, r) {
			return plain
		}
	}
	return string(r)
}
