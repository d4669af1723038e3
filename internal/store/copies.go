package store

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/seal"
)

// Copies multiplies lives that borrowers have lived through the program, by statements that stay inside the database. A copy of a
// borrower has loans, transfers, payments and books of its own, which agree as the model's do, under ids, indent numbers, references, a
// telephone number, a BVN and an account of its own. Its data key is its model's, wrapped for the copy: what is sealed of a loan is the model's.
// Copies have no messages. It is for generated borrowers of development, in a database that nobody else works on.
type Copies struct {
	Brand string
	// Loans is how many loans there shall be in all, those of the models and of others included; there may be a few more.
	Loans int64
	// Person gives copy number n of a borrower the numbers that must be a borrower's own; names and birthday are the model's.
	Person func(n int64) NewPerson
}

// copiedTables are copied in this order.
var copiedTables = []struct {
	name string
	own  map[string]string // of a copy, as SQL: $1 is by how much its ids are below its model's, m the model's row
}{
	{"loans", map[string]string{"indent_no": "regexp_replace(left(m.indent_no, -6), '^[A-Z]+', '\\&Z') || lpad((m.cp_first + k.n - 1)::text, 6, '0')"}},
	{"loan_events", map[string]string{"actor": "CASE WHEN m.actor LIKE 'borrower:%' THEN 'borrower:' || (substr(m.actor, 10)::bigint - k.shift) ELSE m.actor END"}},
	{"payouts", map[string]string{"reference": newReference("m.reference")}},
	{"payment_intents", map[string]string{"reference": newReference("m.reference")}},
	{"payments", nil},
	{"ledger_batches", map[string]string{"key": "'loan:' || (m.loan_id - k.shift) || CASE WHEN m.cp_ref IS NULL THEN m.cp_rest ELSE replace(m.cp_rest, m.cp_ref, " + newReference("m.cp_ref") + ") END"}},
	{"ledger_postings", nil},
}

// newReference is a copy's reference at the gateway: of the model's kind.
func newReference(of string) string { return "left(" + of + ", 4) || md5(" + of + " || ':' || k.n)" }

// shifted are the columns that hold ids of copied rows.
var shifted = map[string]bool{"id": true, "borrower_id": true, "loan_id": true, "bank_account_id": true, "intent_id": true, "batch_id": true}

// models are the borrowers who can be copied: whose lives left nothing but what copiedTables hold.
const models = `CREATE TEMP TABLE copy_models ON COMMIT DROP AS
	SELECT b.id FROM borrowers b WHERE b.brand = $1 AND EXISTS (SELECT FROM loans l WHERE l.borrower_id = b.id)
		AND NOT EXISTS (SELECT FROM loans l WHERE l.borrower_id = b.id AND (l.coupon_id IS NOT NULL OR l.status IN (51, 63)))
		AND NOT EXISTS (SELECT FROM refunds r WHERE r.borrower_id = b.id)
		AND NOT EXISTS (SELECT FROM payment_intents i WHERE i.borrower_id = b.id AND (i.state <> 2 OR i.card_id IS NOT NULL OR i.operation_id IS NOT NULL))
		AND NOT EXISTS (SELECT FROM payouts p JOIN loans l ON l.id = p.loan_id WHERE l.borrower_id = b.id AND p.state <> 2)
		AND NOT EXISTS (SELECT FROM ledger_batches t WHERE t.borrower_id = b.id AND t.kind NOT IN ('disbursement', 'payment', 'penalty', 'rebate', 'extension_fee'))`

// CopyLives makes the copies, or nothing where it fails. Triggers rest meanwhile: what they would check has been checked of the models.
// Indexes that no foreign key needs are left out and built afterwards; that the schema is afterwards what it was before is checked. It
// takes a database user who may set session_replication_role. progress is told what is done
// and how many loans there are.
func (t *Tx) CopyLives(ctx context.Context, c Copies, progress func(step string, loans int64)) error {
	if err := t.flush(ctx); err != nil { // from here on the session is used as it is
		return err
	}
	for _, set := range []string{"session_replication_role = replica", "statement_timeout = 0", "lock_timeout = 0", "idle_in_transaction_session_timeout = 0", "maintenance_work_mem = '512MB'", "work_mem = '64MB'"} {
		if _, err := t.session.Exec(ctx, "SET LOCAL "+set); err != nil {
			return fmt.Errorf("copies take a superuser of the database: %w", err)
		}
	}
	before, err := t.schemaText(ctx)
	if err != nil {
		return err
	}
	span, err := t.takeModels(ctx, c)
	if err != nil {
		return err
	}
	if span.copies == 0 {
		return nil
	}
	restore, err := t.dropIndexes(ctx)
	if err != nil {
		return err
	}
	if err := t.copyRows(ctx, c, span, progress); err != nil {
		return err
	}
	for i, statement := range restore {
		progress(fmt.Sprintf("index %d of %d", i+1, len(restore)), span.before+span.copies*span.modeled)
		if _, err := t.session.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	after, err := t.schemaText(ctx)
	if err != nil {
		return err
	}
	if before != after {
		return fmt.Errorf("store: the schema is not what it was before the copies")
	}
	return nil
}

// copySpan says how far the copies' ids lie apart and how many there are.
type copySpan struct {
	width, copies   int64
	before, modeled int64 // loans
}

// takeModels puts the rows of the models aside, and works out how many copies of all of them there must be.
func (t *Tx) takeModels(ctx context.Context, c Copies) (s copySpan, err error) {
	if _, err := t.session.Exec(ctx, models, c.Brand); err != nil {
		return s, err
	}
	for _, table := range copiedTables {
		whose := "m.borrower_id"
		if table.name == "loan_events" || table.name == "payouts" {
			whose = "(SELECT l.borrower_id FROM loans l WHERE l.id = m.loan_id)"
		}
		more := map[string]string{
			"loans":          ", 0::bigint AS cp_first", // of the numbers that its copies get
			"ledger_batches": ", substr(m.key, length('loan:' || m.loan_id) + 1) AS cp_rest, substring(m.key FROM 'cp[a-z]-[0-9a-f]{32}') AS cp_ref",
		}[table.name]
		if _, err := t.session.Exec(ctx, fmt.Sprintf("CREATE TEMP TABLE copy_%s ON COMMIT DROP AS SELECT m.*%s FROM %s m WHERE %s IN (SELECT id FROM copy_models) ORDER BY m.id", table.name, more, table.name, whose)); err != nil {
			return s, err
		}
	}
	var lowest, highest int64
	if err := t.session.QueryRow(ctx, `SELECT (SELECT count(*) FROM loans), (SELECT count(*) FROM copy_loans), least((SELECT min(id) FROM borrowers), (SELECT min(id) FROM loans), (SELECT min(id) FROM loan_events)),
		greatest((SELECT max(id) FROM copy_ledger_postings), (SELECT max(id) FROM copy_loan_events), (SELECT max(id) FROM copy_payments), 0)`).Scan(&s.before, &s.modeled, &lowest, &highest); err != nil {
		return s, fmt.Errorf("there is nobody to copy: %w", err)
	}
	s.width = highest - lowest + 1 // of all that is there, so that copies lie below those, too, who are not copied
	if missing := c.Loans - s.before; missing > 0 {
		s.copies = (missing + s.modeled - 1) / s.modeled
	}
	if s.copies > 0 && s.width > (math.MaxInt64-1)/s.copies || s.width*s.copies >= lowest {
		return s, fmt.Errorf("store: %d copies have no room below the ids of their models", s.copies)
	}
	// A day has a million indent numbers for each prefix. Copies have a prefix of their own, so that those of the brand stay free.
	var most int64
	err = t.session.QueryRow(ctx, `WITH numbered AS (SELECT id, (row_number() OVER (PARTITION BY left(indent_no, -6) ORDER BY id) - 1) * $1 AS first FROM copy_loans),
		marked AS (UPDATE copy_loans l SET cp_first = n.first FROM numbered n WHERE n.id = l.id RETURNING l.cp_first)
		SELECT coalesce(max(cp_first), 0) + $1 FROM marked`, s.copies).Scan(&most)
	if err == nil && most > 1_000_000 {
		err = fmt.Errorf("store: %d copies of the models' loans are more than their days have indent numbers", s.copies)
	}
	return s, err
}

// copyBatch is how many loans are copied between two words of progress.
const copyBatch = 100_000

func (t *Tx) copyRows(ctx context.Context, c Copies, s copySpan, progress func(step string, loans int64)) error {
	people, err := t.modelPeople(ctx)
	if err != nil {
		return err
	}
	statements := make([]string, len(copiedTables))
	for i, table := range copiedTables {
		if statements[i], err = t.copyStatement(ctx, table.name, table.own); err != nil {
			return err
		}
	}
	step := max(copyBatch/s.modeled, 1)
	for to := s.copies; to > 0; to -= step {
		from := max(to-step+1, 1)
		if err := t.copyPeople(ctx, c, people, s, from, to); err != nil {
			return err
		}
		for i, statement := range statements {
			if _, err := t.session.Exec(ctx, statement, from, to, s.width); err != nil {
				return fmt.Errorf("%s: %w", copiedTables[i].name, err)
			}
		}
		progress("copying", s.before+(s.copies-from+1)*s.modeled)
	}
	return nil
}

// copyStatement copies the models' rows of a table: $1 and $2 are the numbers of copies, $3 the width of a copy's ids.
func (t *Tx) copyStatement(ctx context.Context, table string, own map[string]string) (string, error) {
	rows, err := t.session.Query(ctx, `SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`, table)
	if err != nil {
		return "", err
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", err
	}
	values := make([]string, len(columns))
	for i, column := range columns {
		switch expression, special := own[column]; {
		case special:
			values[i] = expression
		case shifted[column]:
			values[i] = "m." + column + " - k.shift"
		default:
			values[i] = "m." + column
		}
	}
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM (SELECT n, n * $3::bigint AS shift FROM generate_series($1::bigint, $2::bigint) n) k CROSS JOIN copy_%s m",
		table, strings.Join(columns, ", "), strings.Join(values, ", "), table), nil
}

// modelPerson is a borrower who is copied.
type modelPerson struct {
	borrower borrowerRow
	wrapped  []byte
	key      *seal.DataKey
	profile  profileRow
	secrets  profileSecrets
	account  bankAccountRow
}

func (t *Tx) modelPeople(ctx context.Context) ([]modelPerson, error) {
	var borrowers []borrowerRow
	var keys []borrowerKeyRow
	var profiles []profileRow
	var accounts []bankAccountRow
	for _, read := range []struct {
		sql  string
		into any
	}{
		{`SELECT b.id, b.brand, b.password_hash, b.created_at, b.updated_at FROM borrowers b JOIN copy_models m ON m.id = b.id ORDER BY b.id`, &borrowers},
		{`SELECT k.borrower_id, k.wrapped, k.created_at FROM borrower_keys k JOIN copy_models m ON m.id = k.borrower_id ORDER BY k.borrower_id`, &keys},
		{`SELECT p.borrower_id, p.sealed, p.gender, p.updated_at FROM profiles p JOIN copy_models m ON m.id = p.borrower_id ORDER BY p.borrower_id`, &profiles},
		{`SELECT a.id, a.borrower_id, a.created_at, a.updated_at FROM bank_accounts a JOIN copy_models m ON m.id = a.borrower_id ORDER BY a.borrower_id, a.id`, &accounts},
	} {
		if err := t.idb.NewRaw(read.sql).Scan(ctx, read.into); err != nil {
			return nil, fromTx(err)
		}
	}
	if len(keys) != len(borrowers) || len(profiles) != len(borrowers) || len(accounts) != len(borrowers) {
		return nil, fmt.Errorf("store: a model must have a key, a profile and one account")
	}
	people := make([]modelPerson, len(borrowers))
	for i := range people {
		key, err := t.keys.DataKey(borrowers[i].ID, keys[i].Wrapped)
		if err != nil {
			return nil, err
		}
		people[i] = modelPerson{borrower: borrowers[i], wrapped: keys[i].Wrapped, key: key, profile: profiles[i], account: accounts[i]}
		if err := openJSON(key, profileColumn, profiles[i].Sealed, &people[i].secrets); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// copyPeople writes the copies of the borrowers themselves.
func (t *Tx) copyPeople(ctx context.Context, c Copies, models []modelPerson, s copySpan, from, to int64) error {
	n := int(to-from+1) * len(models)
	borrowers, keys, profiles, accounts := make([][]any, 0, n), make([][]any, 0, n), make([][]any, 0, n), make([][]any, 0, n)
	for copied := from; copied <= to; copied++ {
		shift := copied * s.width
		for i, m := range models {
			p := c.Person((copied-1)*int64(len(models)) + int64(i))
			id := m.borrower.ID - shift
			wrapped, err := t.keys.WrapFor(m.borrower.ID, m.wrapped, id)
			if err != nil {
				return err
			}
			mobile, err := m.key.Seal(mobileColumn, []byte(p.Mobile))
			if err != nil {
				return err
			}
			p.Profile.FirstName, p.Profile.LastName, p.Profile.Birthday, p.Profile.Gender = m.secrets.FirstName, m.secrets.LastName, m.secrets.Birthday, m.profile.Gender
			p.Account.AccountName = m.secrets.LastName + " " + m.secrets.FirstName
			p.Profile.BorrowerID, p.Profile.Brand, p.Profile.UpdatedAt = id, c.Brand, m.profile.UpdatedAt
			profile, err := t.personProfile(m.key, p.Profile)
			if err != nil {
				return err
			}
			account, err := sealJSON(m.key, accountColumn, accountSecrets{p.Account.AccountNo, p.Account.AccountName})
			if err != nil {
				return err
			}
			borrowers = append(borrowers, []any{id, c.Brand, t.MobileIndex(c.Brand, p.Mobile), mobile, m.borrower.PasswordHash, m.borrower.CreatedAt, m.borrower.UpdatedAt})
			keys = append(keys, []any{id, wrapped, t.keys.WrapKeyID(), m.borrower.CreatedAt})
			profiles = append(profiles, []any{id, c.Brand, profile.BVNIndex, profile.Sealed, profile.Gender, profile.CityCode, profile.UpdatedAt})
			accounts = append(accounts, []any{m.account.ID - shift, id, p.Account.BankCode, p.Account.BankName, t.AccountIndex(c.Brand, p.Account.BankCode, p.Account.AccountNo), account,
				p.Account.NameScoreBps, p.Account.RecipientCode, true, m.account.CreatedAt, m.account.UpdatedAt})
		}
	}
	for _, table := range []struct {
		name, columns string
		rows          [][]any
	}{
		{"borrowers", "id brand mobile_index mobile_sealed password_hash created_at updated_at", borrowers},
		{"borrower_keys", "borrower_id wrapped kek_id created_at", keys},
		{"profiles", "borrower_id brand bvn_index sealed gender city_code updated_at", profiles},
		{"bank_accounts", "id borrower_id bank_code bank_name account_index sealed name_score_bps recipient_code is_default created_at updated_at", accounts},
	} {
		if _, err := t.session.CopyFrom(ctx, pgx.Identifier{table.name}, strings.Fields(table.columns), pgx.CopyFromRows(table.rows)); err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
	}
	return nil
}
