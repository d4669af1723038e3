package wire_test

import (
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
	"github.com/google/go-cmp/cmp"
)

func TestLoginWantsExactlyOneCredential(t *testing.T) {
	password, code := "blue-mango-7421", "482913"
	for name, in := range map[string]api.LoginInfo{
		"none": {Mobile: "07000000003"},
		"both": {Mobile: "07000000003", Password: &password, Code: &code},
	} {
		if _, err := wire.Login("CycleCash", in); !fault.Has(err, catalog.ValidationFailed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	terminal := int32(2)
	got, err := wire.Login("CycleCash", api.LoginInfo{Mobile: "07000000003", Code: &code, ApplyTerminal: &terminal})
	want := access.Login{Brand: "CycleCash", Mobile: "+2347000000003", Code: "482913", Device: access.Device{Terminal: 2}}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestUserVo(t *testing.T) {
	opened := access.Opened{Borrower: 3, Brand: "CycleCash", Mobile: "+2347000000003", Token: "secret-token",
		Ends: time.Date(2025, 4, 21, 11, 49, 3, 0, time.UTC), HasPassword: true,
		Face: store.Face{FirstName: "Ada", LastName: "Borrower", HeadImage: "90c192cf-d3ac-44af-8f21-ddb66cad4a26", HadPayout: true}}
	want := api.UserVo{UID: "3", Mobile: "7000000003", Token: "secret-token", TokenExpireTime: "2025-04-21 12:49:03", AppCode: "CycleCash",
		FirstName: "Ada", LastName: "Borrower", HeadImgCode: "90c192cf-d3ac-44af-8f21-ddb66cad4a26", IsNew: 0, IsPasswordSet: 1}
	if diff := cmp.Diff(want, wire.UserVo(opened)); diff != "" {
		t.Error(diff)
	}
	if got := wire.LoginState(3, access.State{}); got != (api.LoginState{}) {
		t.Errorf("%+v", got)
	}
}
