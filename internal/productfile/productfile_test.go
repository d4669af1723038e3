package productfile

import (
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

const steady = `id: 401
brand: CycleCash
name: Steady 10,000
principal: 1000000
termDays: 91
serviceFee: 50000
interestDailyBps: 10
penaltyDailyBps: 20
penaltyCapBps: 2000
graceDays: 3
extensionFee: 25000
extensionDays: 30
maxExtensions: 1
rebateInterest: true
effectiveFrom: 2022-01-01T00:00:00Z
`

const steadyJSON = `{"id": 401, "brand": "CycleCash", "name": "Steady 10,000", "principal": "1000000", "termDays": 91, "serviceFee": "50000",
	"interestDailyBps": 10, "penaltyDailyBps": 20, "penaltyCapBps": 2000, "graceDays": 3, "gracePolicy": "FORGIVING", "extensionFee": "25000", "extensionDays": 30,
	"maxExtensions": 1, "rebateInterest": true, "allocation": ["PENALTY", "SERVICE_FEE", "INTEREST", "PRINCIPAL"], "effectiveFrom": "2022-01-01T00:00:00Z", "effectiveTo": ""}`

// The demo product 401 in every form that a file can have.
func TestFormsOfAFile(t *testing.T) {
	var want lending.Product
	for _, p := range lending.DemoProducts() {
		if p.ID == 401 {
			want = p
		}
	}
	indented := "  " + strings.ReplaceAll(strings.TrimSuffix(steady, "\n"), "\n", "\n  ")
	for name, file := range map[string]struct {
		text  string
		count int
	}{
		"YAML": {steady, 1}, "JSON": {steadyJSON, 1}, "a list in JSON": {"[" + steadyJSON + "," + steadyJSON + "]", 2},
		"a list": {"- " + indented[2:] + "\n- " + indented[2:] + "\n", 2}, "products": {`{"products": [` + steadyJSON + "]}", 1}, "documents": {steady + "---\n" + steady, 2},
	} {
		got, err := Parse([]byte(file.text))
		if err != nil || len(got) != file.count {
			t.Errorf("%s: %d, %v", name, len(got), err)
			continue
		}
		for _, p := range got {
			if p.WithDefaults() != want {
				t.Errorf("%s: %+v, expected %+v", name, p.WithDefaults(), want)
			}
		}
	}
	got, err := Parse([]byte(strings.Replace(steady, "2022-01-01T00:00:00Z", "2026-03-10", 1)))
	if err != nil || !got[0].EffectiveFrom.Equal(time.Date(2026, 3, 9, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("a date: %v, %v", got, err)
	}
	got, err = Parse([]byte(strings.Replace(steady, "serviceFee: 50000", "serviceFee: -1", 1)))
	if err != nil || got[0].ServiceFee != money.Kobo(-1) {
		t.Errorf("what is below zero is judged elsewhere: %v, %v", got, err)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"nothing":            {"", "no product"},
		"text":               {"hello", "must be a product"},
		"a number in a list": {"[1]", "must have properties"},
		"broken":             {"a: [", "yaml"},
		"unknown property":   {steady + "penaltyDailyBp: 1\n", "penaltyDailyBp not found"},
		"twice":              {steady + "termDays: 1\n", "already defined"},
		"missing":            {strings.Replace(steady, "penaltyCapBps: 2000\n", "", 1), "penaltyCapBps must be there"},
		"naira":              {strings.Replace(steady, "50000", "500.00", 1), "whole number"},
		"exponent":           {strings.Replace(steady, "50000", "5e4", 1), "whole number"},
		"too large":          {strings.Replace(steady, "50000", "9223372036854775808", 1), "whole number"},
		"a rate in words":    {strings.Replace(steady, "interestDailyBps: 10", "interestDailyBps: ten", 1), "cannot unmarshal"},
		"time":               {strings.Replace(steady, "2022-01-01T00:00:00Z", "tomorrow", 1), "is no time"},
		"half an order":      {steady + "allocation: [PRINCIPAL]\n", "allocation"},
		"second of two":      {steady + "---\nid: 1\n", "product 2 of the file"},
	} {
		if _, err := Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
