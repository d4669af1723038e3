package mask_test

import (
	"testing"

	"github.com/creditpocket/creditpocket/internal/mask"
)

func TestMasks(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"bvn", mask.BVN("22212345678"), "222****5678"},
		{"short bvn", mask.BVN("2221234567"), ""},
		{"bvn of letters", mask.BVN("2221234567a"), ""},
		{"card", mask.Card("408408", "4081"), "408408******4081"},
		{"card with eight first digits", mask.Card("40840812", "4081"), "408408******4081"},
		{"card without first digits", mask.Card("", "4081"), ""},
		{"card without last digits", mask.Card("408408", ""), ""},
		{"account", mask.Account("0000003019"), "******3019"},
		{"short account", mask.Account("3019"), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}
