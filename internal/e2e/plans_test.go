package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// crowd is how many borrowers stand beside those of the test, with five loans, charges, messages and operations each.
const crowd = 20_000

// longPast is how many loans the debtor of the test has.
const longPast = 10_000

// crowded are the tables that are filled, by what a copy of the debtor's or the applicant's row has of its own. i counts the copies.
var crowded = []struct {
	table, where string
	copies       int
	own          map[string]string
}{
	{"borrowers", "id = $1", crowd, map[string]string{"id": "i", "mobile_index": "int8send(i)"}},
	{"borrower_keys", "borrower_id = $1", crowd, map[string]string{"borrower_id": "i"}},
	{"profiles", "borrower_id = $1", crowd, map[string]string{"borrower_id": "i", "bvn_index": "int8send(i)"}},
	{"bank_accounts", "borrower_id = $1", crowd, map[string]string{"id": "i", "borrower_id": "i", "account_index": "int8send(i)"}},
	{"sessions", "true", crowd, map[string]string{"id": "i", "borrower_id": "i", "token_hash": "sha256(int8send(i))"}},
	{"loans", "borrower_id = $1", 5 * crowd, map[string]string{"id": "i", "borrower_id": "1 + (i - 1) % {crowd}", "bank_account_id": "1 + (i - 1) % {crowd}",
		"indent_no": "'X' || i", "number": "1 + (i - 1) / {crowd}", "status": "8"}},
	{"loans", "borrower_id = $1 AND number = 1", longPast - 1, map[string]string{"id": "1000000 + i", "indent_no": "'Y' || i", "number": "1 + i", "status": "8"}},
	{"payment_intents", "borrower_id = $1", 5 * crowd, map[string]string{"id": "i", "borrower_id": "1 + (i - 1) % {crowd}", "loan_id": "i", "reference": "'x' || i", "state": "3"}},
	{"message_counters", "true", crowd, map[string]string{"borrower_id": "i", "total": "5"}},
	{"messages", "true", 5 * crowd, map[string]string{"id": "i", "borrower_id": "1 + (i - 1) % {crowd}", "number": "1 + (i - 1) / {crowd}",
		"type_number": "1 + (i - 1) / {crowd}", "dedupe_key": "'x' || i"}},
	{"operations", "true", 5 * crowd, map[string]string{"id": "i", "scope": "'borrower:' || (1 + (i - 1) % {crowd})", "key": "'x' || i"}},
	{"rate_limits", "true", crowd, map[string]string{"key": "'x' || i"}},
}

// fill makes the crowd with one statement a table.
func (c *counted) fill(db *pgx.Conn) {
	c.t.Helper()
	ctx := c.t.Context()
	exec := func(sql string, args ...any) {
		c.t.Helper()
		if _, err := db.Exec(ctx, sql, args...); err != nil {
			c.t.Fatalf("%s: %v", sql, err)
		}
	}
	exec("SET session_replication_role = replica")
	for _, f := range crowded {
		rows, err := db.Query(ctx, `SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`, f.table)
		if err != nil {
			c.t.Fatal(err)
		}
		columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			c.t.Fatal(err)
		}
		values := make([]string, len(columns))
		for i, column := range columns {
			values[i] = "m." + column
			if own, ok := f.own[column]; ok {
				values[i] = strings.ReplaceAll(own, "{crowd}", fmt.Sprint(crowd))
			}
		}
		var args []any
		if strings.Contains(f.where, "$1") {
			args = append(args, c.debtor)
		}
		exec(fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM (SELECT * FROM %s WHERE %s LIMIT 1) m, generate_series(1, %d) i ON CONFLICT DO NOTHING", f.table,
			strings.Join(columns, ", "), strings.Join(values, ", "), f.table, f.where, f.copies), args...)
	}
	exec("SET session_replication_role = origin")
	exec("VACUUM ANALYZE")
}

// plan is a node of EXPLAIN's answer.
type plan struct {
	Node     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Hit      int    `json:"Shared Hit Blocks"`
	Read     int    `json:"Shared Read Blocks"`
	Plans    []plan `json:"Plans"`
}

func (p plan) each(f func(plan)) {
	f(p)
	for _, child := range p.Plans {
		child.each(f)
	}
}

// explain asks for the plan of a statement as the role of requests, behind the wall, and undoes what it did. As in a request, the plan is
// the one for all values.
func explain(t *testing.T, db *pgx.Conn, how, sql string, args []any) plan {
	t.Helper()
	ctx := t.Context()
	tx, err := db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, `SELECT set_config('role', 'creditpocket_app', true), set_config('cp.brand', $1, true),
		set_config('plan_cache_mode', 'force_generic_plan', true)`, lending.DemoBrand); err != nil {
		t.Fatal(err)
	}
	values := make([]string, 0, len(args))
	for _, v := range args {
		switch v := v.(type) {
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
		case int, int64:
			values = append(values, fmt.Sprint(v))
		default:
			values = append(values, "NULL") // a plan for all values does not look at it
		}
	}
	const name = "explained"
	described, err := tx.Prepare(ctx, name, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if len(described.ParamOIDs) != len(values) {
		t.Fatalf("%d values for\n%s", len(values), sql)
	}
	execute := name
	if len(values) > 0 {
		execute += "(" + strings.Join(values, ", ") + ")"
	}
	var raw []byte
	if err := tx.QueryRow(ctx, "EXPLAIN ("+how+", FORMAT JSON) EXECUTE "+execute, pgx.QueryExecModeSimpleProtocol).Scan(&raw); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if err := db.Deallocate(ctx, name); err != nil {
		t.Fatal(err)
	}
	var answer []struct{ Plan plan }
	if err := json.Unmarshal(raw, &answer); err != nil || len(answer) != 1 {
		t.Fatalf("%s: %v", raw, err)
	}
	return answer[0].Plan
}

// TestNoUseCaseScansATable fills the database and asks for the plan of every statement that the use cases send.
func TestNoUseCaseScansATable(t *testing.T) {
	c := newCounted(t)
	ctx := store.ForBrand(t.Context(), lending.DemoBrand)
	db, err := pgx.Connect(t.Context(), c.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	c.trace.statements = nil
	for _, u := range allowed {
		if u.name == "loans page" { // the debtor's past comes with the crowd
			continue
		}
		if err := u.do(ctx, c); err != nil {
			t.Fatalf("%s: %v", u.name, err)
		}
	}
	c.fill(db)
	for _, page := range []int{1, longPast / 10} {
		if _, err := c.loans.Loans(ctx, c.debtor, page, 10); err != nil {
			t.Fatal(err)
		}
	}
	big, asked := []string{}, 0
	for _, f := range crowded {
		big = append(big, f.table)
	}
	for _, s := range c.trace.statements {
		verb := strings.ToUpper(strings.Fields(s.sql)[0])
		if !slices.Contains([]string{"SELECT", "WITH", "INSERT", "UPDATE"}, verb) || strings.Contains(s.sql, "set_config") {
			continue
		}
		asked++
		explain(t, db, "COSTS OFF", s.sql, s.args).each(func(p plan) {
			if p.Node == "Seq Scan" && slices.Contains(big, p.Relation) {
				t.Errorf("a sequential scan of %s in\n%s", p.Relation, s.sql)
			}
		})
	}
	if asked < 40 {
		t.Errorf("only %d statements were seen", asked)
	}
	c.pages(db)
}

// pages compares what the first and the last of a thousand pages of one borrower's loans touch.
func (c *counted) pages(db *pgx.Conn) {
	c.t.Helper()
	var touched []int
	for _, s := range c.trace.statements {
		if strings.Contains(s.sql, "l.number <= (SELECT total") && s.args[0] == c.debtor {
			p := explain(c.t, db, "ANALYZE, BUFFERS, TIMING OFF", s.sql, s.args)
			p = explain(c.t, db, "ANALYZE, BUFFERS, TIMING OFF", s.sql, s.args) // the catalog is known now
			touched = append(touched, p.Hit+p.Read)
		}
	}
	c.t.Logf("the first and the last page of %d loans touch %v blocks", longPast, touched)
	if len(touched) < 2 || touched[len(touched)-1] > touched[0]+8 {
		c.t.Errorf("pages touch %v blocks: a deep one should touch no more than the first", touched)
	}
	if slices.Max(touched) > 100 {
		c.t.Errorf("a page of ten loans touches %v blocks", touched)
	}
}
