package lending_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

// The vectors are for others too: what they must cover is counted, so that no case is lost with a change of the generator.
func TestVectorsCoverEveryRule(t *testing.T) {
	seen := map[string]int{}
	for _, c := range loadVectors(t).Cases {
		for name, is := range featuresOf(c) {
			if is {
				seen[name]++
			}
		}
	}
	for name, least := range map[string]int{
		"seed's row": 10, "sold at another price": 1, "never paid out": 5, "partial payment": 100, "over-payment": 100, "payment reported late": 100,
		"payment before the due date": 100, "payment after it": 100, "settled early": 50, "settled on time": 20, "settled late": 50, "penalty": 80, "cap reached": 20,
		"no cap, penalty": 5, "forgiven grace, penalty": 15, "clawed back grace, penalty": 10, "half a kobo": 1, "extension": 40, "extension refused": 40,
		"extension fee reported late": 20, "extension after a partial payment": 5, "coupon": 40, "coupon refused": 20, "coupon and over-payment": 10, "waiver": 30,
		"waiver refused": 50, "rebate": 20, "upfront fee": 40, "another order": 40, "write-off": 10, "write-off refused": 20, "recovery": 5, "payout came back": 5,
		"payment after the payout came back": 1, "payment of a settled loan": 10, "daily run": 80,
	} {
		if seen[name] < least {
			t.Errorf("%s: %d cases, want %d", name, seen[name], least)
		}
	}
}

func featuresOf(c vectorCase) map[string]bool {
	p := c.Product
	f := map[string]bool{"seed's row": c.Source == "seed", "sold at another price": c.Sold != nil, "never paid out": c.DisbursedAt == "", "upfront fee": p.UpfrontFee > 0,
		"another order": len(p.Allocation) > 0, "half a kobo": strings.Contains(c.Name, "half-a-kobo")}
	partial, couponed, before := false, false, 5
	for _, s := range c.Steps {
		e, done := s.Expect, s.Refused == ""
		switch s.Op {
		case "pay":
			partial = partial || (done && e.RemainingAmount > 0 && e.Status != 51)
			f["payment reported late"] = f["payment reported late"] || s.PaidAt != s.At
			f["payment before the due date"] = f["payment before the due date"] || s.PaidAt < e.ShouldbackTime[:10]
			f["payment after it"] = f["payment after it"] || s.PaidAt[:10] > e.ShouldbackTime[:10]
			f["recovery"] = f["recovery"] || before == 51
			f["payment after the payout came back"] = f["payment after the payout came back"] || before == 63
			f["payment of a settled loan"] = f["payment of a settled loan"] || before == 6 || before == 8 || before == 22
			f["rebate"] = f["rebate"] || (p.RebateInterest && e.Status == 8 && e.ReduceAmt > 0)
		case "extend":
			f["extension"], f["extension refused"] = f["extension"] || done, f["extension refused"] || !done
			f["extension fee reported late"] = f["extension fee reported late"] || (done && s.PaidAt != "" && s.PaidAt[:10] < s.At[:10])
			f["extension after a partial payment"] = f["extension after a partial payment"] || (done && partial)
		case "coupon":
			couponed = couponed || done
			f["coupon"], f["coupon refused"] = f["coupon"] || done, f["coupon refused"] || !done
		case "waive":
			f["waiver"], f["waiver refused"] = f["waiver"] || done, f["waiver refused"] || !done
		case "write_off":
			f["write-off"], f["write-off refused"] = f["write-off"] || done, f["write-off refused"] || !done
		case "reverse":
			f["payout came back"] = f["payout came back"] || done
		case "run":
			f["daily run"] = true
		}
		f["over-payment"] = f["over-payment"] || e.Credit > 0
		f["coupon and over-payment"] = f["coupon and over-payment"] || (couponed && e.Credit > 0)
		f["settled early"], f["settled on time"], f["settled late"] = f["settled early"] || e.Status == 8, f["settled on time"] || e.Status == 6, f["settled late"] || e.Status == 22
		if e.OverdueFee > 0 {
			f["penalty"] = true
			f["cap reached"] = f["cap reached"] || (p.PenaltyCapBps > 0 && e.OverdueFee == ratRound(p.Principal, int64(p.PenaltyCapBps), 10_000))
			f["no cap, penalty"] = f["no cap, penalty"] || p.PenaltyCapBps == 0
			f["forgiven grace, penalty"] = f["forgiven grace, penalty"] || (p.GraceDays > 0 && p.GraceMode != "clawback")
			f["clawed back grace, penalty"] = f["clawed back grace, penalty"] || (p.GraceDays > 0 && p.GraceMode == "clawback")
		}
		before = e.Status
	}
	f["partial payment"] = partial
	return f
}

// The case that the page works out by hand is the file's.
func TestThePageShowsACaseOfTheFile(t *testing.T) {
	page, err := os.ReadFile("../../docs/vectors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := bytes.Cut(page, []byte("```json\n"))
	text, _, closed := bytes.Cut(rest, []byte("\n```"))
	var shown vectorCase
	if err := json.Unmarshal(text, &shown); err != nil || !found || !closed {
		t.Fatal(err)
	}
	for _, c := range loadVectors(t).Cases {
		if c.Name == shown.Name {
			if !reflect.DeepEqual(c, shown) {
				t.Errorf("the page shows\n%+v, the file says\n%+v", shown, c)
			}
			return
		}
	}
	t.Errorf("the file has no case %q", shown.Name)
}
