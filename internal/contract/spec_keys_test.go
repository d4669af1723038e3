package contract_test

import (
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/creditpocket/creditpocket/internal/contract"
)

// withoutKey are the operations that change something and take no Idempotency-Key, and what makes their repeat harmless. What moves or
// promises money is not among them, and of the staff's acts only those whose every repeat must be in the audit trail.
var withoutKey = map[string]string{
	"login":                 "opens a session; a repeat opens another, each ends by itself",
	"revokeSession":         "the session: ending one that is over changes nothing",
	"refreshSession":        "the old token: within its minute it gives the same new one",
	"changePassword":        "the old password: it is no longer the right one, and a repeat changes nothing",
	"eraseUser":             "the borrower: who is erased has no session to ask again with",
	"postLogout":            "the session: ending one that is over changes nothing",
	"sendCode":              "a repeat sends another code, within limits by number, device and address",
	"checkCode":             "looks only; a wrong code costs a try each time, as it must",
	"saveBasicInfo":         "the borrower: the same values are written over the same",
	"saveEmergencyContacts": "the borrower: the same values are written over the same",
	"saveWorkInfo":          "the borrower: the same values are written over the same",
	"saveMoreInfo":          "the borrower: the same values are written over the same",
	"saveUserSetting":       "the borrower: the same values are written over the same",
	"subscribeTopic":        "borrower and topic",
	"saveConsent":           "borrower, purpose and policy version",
	"listHotQuestions":      "reads",
	"reportDevice":          "the installation",
	"reportActivity":        "a sign of life; nothing is promised by it",
	"reportLocation":        "a sample; nothing is promised by it",
	"reportAddressBook":     "the borrower: the same book is written over the same",
	"reportShortMessages":   "the borrower: the same messages are written over the same",
	"reportAdSource":        "a sample; nothing is promised by it",
	"reportLoanClick":       "a sample; nothing is promised by it",
	"receivePaystackEvent":  "the event's digest",
	"searchBorrower":        "reads; each look is an entry of the audit trail",
	"exportBorrower":        "reads; each look is an entry of the audit trail",
	"unmaskBorrower":        "reads; each look is an entry of the audit trail",
}

// TestEveryChangeHasAKey reads both contracts: every operation that is no GET takes an Idempotency-Key, says when an answer is that of an
// earlier request, and can refuse a key; or it stands in the list above with its reason.
func TestEveryChangeHasAKey(t *testing.T) {
	used := map[string]bool{}
	keyed := 0
	for name, load := range map[string]func() (*contract.Document, error){"borrowers": contract.Load, "staff": contract.LoadOps} {
		doc, err := load()
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range doc.Operations {
			if op.Method == "GET" {
				continue
			}
			param := slices.IndexFunc(op.Params, func(p *openapi3.Parameter) bool { return p.Name == "Idempotency-Key" && p.In == "header" })
			why, excused := withoutKey[op.ID]
			used[op.ID] = excused
			switch {
			case param < 0 && !excused:
				t.Errorf("%s of the %s' API changes something, has no Idempotency-Key, and no reason why", op.ID, name)
			case param >= 0 && excused:
				t.Errorf("%s takes a key, and is excused: %s", op.ID, why)
			case param < 0:
				continue
			}
			keyed++
			if name == "staff" && !op.Params[param].Required {
				t.Errorf("%s: an act of the staff can be ordered without a key", op.ID)
			}
			for _, status := range []int{200, 409} {
				if !doc.DeclaresHeader(op, status, "Idempotency-Replayed") {
					t.Errorf("%s: status %d does not declare Idempotency-Replayed", op.ID, status)
				}
			}
		}
	}
	for id := range withoutKey {
		if !used[id] {
			t.Errorf("%s is excused from keys and does not exist", id)
		}
	}
	t.Logf("%d operations take a key, %d are excused", keyed, len(withoutKey))
}
