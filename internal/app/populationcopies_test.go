package app

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/testkit"
)

// TestCopiesOfLives makes a population of copies and holds its books, the schema and what must be a borrower's own against what they
// should be.
func TestCopiesOfLives(t *testing.T) {
	environ, url := commandEnviron(t)
	const schema = `SELECT string_agg(line, E'\n' ORDER BY line) FROM (
		SELECT pg_get_indexdef(indexrelid) || indisvalid AS line FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace
		UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace
		UNION ALL SELECT pg_get_triggerdef(g.oid) || g.tgenabled::text FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE c.relnamespace = 'public'::regnamespace AND NOT tgisinternal) all_of_it`
	before := testkit.Texts(t, url, schema)[0]
	var out bytes.Buffer
	if err := SeedLoans(t.Context(), environ, 6000, 11, &out); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if !regexp.MustCompile(`RESULT seed-loans loans=[6-9]\d{3} borrowers=\d+ models=250 seed=11 `).MatchString(out.String()) {
		t.Errorf("%s", out.String())
	}
	if after := testkit.Texts(t, url, schema)[0]; after != before {
		t.Errorf("the schema was\n%s\nand is\n%s", before, after)
	}
	out.Reset()
	if err := Verify(t.Context(), environ, &out); err != nil || !strings.Contains(out.String(), " differences=0 ") {
		t.Errorf("%v: %s", err, out.String())
	}
	for question, want := range map[string]string{
		`SELECT count(*) - count(DISTINCT mobile_sealed) FROM borrowers`: "0",
		`SELECT count(*) - count(DISTINCT wrapped) FROM borrower_keys`:   "0",
		`SELECT count(*) - count(DISTINCT indent_no) FROM loans`:         "0",
		`SELECT count(*) FROM loans WHERE indent_no !~ '^[A-Z]{2,4}[0-9]{12}$' OR substr(indent_no, length(indent_no) - 11, 6) <> to_char(created_at AT TIME ZONE 'Africa/Lagos', 'YYMMDD')`: "0",
		`SELECT count(*) FROM loans l WHERE NOT EXISTS (SELECT FROM borrowers b WHERE b.id = l.borrower_id)`:                                                                                 "0",
		`SELECT count(*) FROM loans l WHERE NOT EXISTS (SELECT FROM bank_accounts a WHERE a.id = l.bank_account_id AND a.borrower_id = l.borrower_id)`:                                       "0",
		`SELECT count(*) FROM loan_events e WHERE NOT EXISTS (SELECT FROM loans l WHERE l.id = e.loan_id)`:                                                                                   "0",
		`SELECT count(*) FROM payments p LEFT JOIN payment_intents i ON i.id = p.intent_id AND i.borrower_id = p.borrower_id WHERE i.id IS NULL`:                                             "0",
	} {
		if got := testkit.Texts(t, url, "SELECT ("+question+")::text")[0]; got != want {
			t.Errorf("%s: %s, want %s", question, got, want)
		}
	}
	if err := SeedLoans(t.Context(), environ, 6000, 11, &out); err == nil || !strings.Contains(err.Error(), "without loans") {
		t.Errorf("copies beside other loans: %v", err)
	}
	if err := SeedLoans(t.Context(), environ, 0, 11, &out); err == nil {
		t.Error("a population of no loans was made")
	}
}
