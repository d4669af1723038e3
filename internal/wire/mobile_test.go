package wire_test

import (
	"regexp"
	"testing"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/wire"
	"pgregory.net/rapid"
)

func TestParseMobileTakesFourForms(t *testing.T) {
	for _, text := range []string{"7000000003", "07000000003", "2347000000003", "+2347000000003"} {
		got, err := wire.ParseMobile("mobile", text)
		if err != nil || got != "+2347000000003" {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
		if back := wire.Mobile(got); back != "7000000003" {
			t.Errorf("%s: answered as %s", text, back)
		}
		if masked := wire.MaskMobile(got); masked != "700****003" {
			t.Errorf("%s: masked as %s", text, masked)
		}
	}
}

// The contract's own pattern decides which texts are numbers.
func TestParseMobileAgreesWithTheContract(t *testing.T) {
	contract := regexp.MustCompile(`^(\+?234|0)?[789][01][0-9]{8}$`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`(\+?234|0)?[0-9]{9,11}`),
			rapid.StringMatching(`(\+?234|0)?[789][01][0-9]{8}`),
			rapid.StringMatching(`[+0-9 ]{0,15}`),
		).Draw(t, "text")
		got, err := wire.ParseMobile("mobile", text)
		if (err == nil) != contract.MatchString(text) {
			t.Fatalf("%q: %q, %v", text, got, err)
		}
		if err != nil {
			if !fault.Has(err, catalog.ValidationFailed) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := wire.ParseMobile("mobile", wire.Mobile(got))
		if err != nil || again != got {
			t.Fatalf("%q became %q, then %q, %v", text, got, again, err)
		}
	})
}
