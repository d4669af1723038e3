package store

import (
	"encoding/json"
	"testing"
)

// FuzzSnapshotDecodes holds the short way of decoding a snapshot to what encoding/json makes of the same text.
func FuzzSnapshotDecodes(f *testing.F) {
	full := LoanSnapshot{FirstName: "Ada", MiddleName: "Ngozi", LastName: "Ọláyínká", Mobile: "+2347000000003", MaskedBVN: "222*****222", BankCode: "058",
		BankName: "Guaranty Trust Bank", AccountNo: "0123456789", AccountName: "OBI ADA", MaskedCard: "506100******1234", City: "25001"}
	for _, s := range []LoanSnapshot{full, {}, {FirstName: `a"b\c`, LastName: "<&>", City: "\u2028"}} {
		text, err := json.Marshal(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(append(text, ' '))
		f.Add(append(text, '}'))
		f.Add(text[:len(text)-1])
	}
	for _, text := range []string{"", "{}", "null", `{"city":"1","first":"x"}`, `{"first":"\xff"`, "{\"first\":\"a\x01\"}", `{"first":"a","first":"b"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var ours, theirs LoanSnapshot
		err, want := ours.decode(text), json.Unmarshal(text, &theirs)
		if (err == nil) != (want == nil) {
			t.Fatalf("%q: %v, and %v by encoding/json", text, err, want)
		}
		if err == nil && ours != theirs {
			t.Fatalf("%q: %+v, and %+v by encoding/json", text, ours, theirs)
		}
	})
}

// TestSnapshotsAreDecodedTheShortWay: a field that is added to the snapshot and not to its decoding would be decoded the long way for ever.
func TestSnapshotsAreDecodedTheShortWay(t *testing.T) {
	text, err := json.Marshal(LoanSnapshot{FirstName: "Ada", MiddleName: "Ọ", LastName: "Obi", City: "25001"})
	if err != nil {
		t.Fatal(err)
	}
	if most := testing.AllocsPerRun(100, func() {
		var s LoanSnapshot
		if err := s.decode(text); err != nil {
			t.Fatal(err)
		}
	}); most > 2 {
		t.Errorf("a snapshot takes %.0f allocations", most)
	}
}
