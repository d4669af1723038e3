package store

import (
	"context"
	"regexp"
	"strings"

	"github.com/uptrace/bun"
)

// The second wall between brands is the database's own. A request that acts for one brand runs as the role appRole, which cannot get
// past row-level security, with the brand in a setting: rows of another brand are not there for it, whatever a query forgot to ask.
// Role and brand hold for one transaction and are set in the message that begins it, so they cost no round trip and suit a pooler that
// hands out connections by the transaction. Jobs, commands and the staff of all brands work as the connection's own role and see all.

// appRole may not log in, may not pass row-level security, and may only add to the ledger and to the other records of what happened.
const appRole = "creditpocket_app"

// appendOnly are the tables that appRole may read and add to, and nothing else.
var appendOnly = []string{"ledger_batches", "ledger_postings", "audit_trail", "audit_seals", "consents", "loan_events", "decisions", "documents"}

// shared are tables with a brand that are not behind the wall: the staff's own.
var shared = []string{"operators", "audit_trail"}

type brandKey struct{}

// brandCode is what brands may be called: letters and digits, so that the code can stand in a statement.
var brandCode = regexp.MustCompile(`^[A-Za-z0-9]{2,32}$`)

// ForBrand is a context whose queries and transactions see the rows of one brand alone.
func ForBrand(ctx context.Context, brand string) context.Context {
	return context.WithValue(ctx, brandKey{}, brand)
}

// confine is the statement that confines a transaction to a brand. It has no place outside of one.
//
// It also says that a prepared statement is planned once a connection. Left to itself the server plans many of ours anew every time, since
// it reckons with its guess of what a plan for these very values might save; for a request, which asks for rows by their keys, it saves
// nothing, and planning is a third of what an application costs the server. Jobs and commands, which look at many rows, leave it the choice.
const confine = "select set_config('role', $1, true), set_config('cp.brand', $2, true), set_config('plan_cache_mode', 'force_generic_plan', true)"

// confined is the brand that the context confines to, if it does and the wall is up. A brand that can be no brand confines to nothing at
// all.
func (s *Store) confined(ctx context.Context) (brand string, ok bool) {
	brand, ok = ctx.Value(brandKey{}).(string)
	if !ok || !s.walled.Load() {
		return "", false
	}
	if !brandCode.MatchString(brand) {
		brand = ""
	}
	return brand, true
}

// scope is confine with its arguments in it, "" where the context confines to nothing.
func (s *Store) scope(ctx context.Context) string {
	brand, ok := s.confined(ctx)
	if !ok {
		return ""
	}
	return strings.NewReplacer("$1", "'"+appRole+"'", "$2", "'"+brand+"'").Replace(confine)
}

// RaiseWall looks whether the database has the wall and whether this connection may stand behind it, and from then on confines what
// ForBrand says. It returns false where a deployment's database user may not take the role on.
func (s *Store) RaiseWall(ctx context.Context) (bool, error) {
	var up bool
	err := s.idb.NewRaw(`SELECT coalesce((SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = ? AND NOT rolbypassrls AND NOT rolsuper), false)
		AND EXISTS (SELECT FROM pg_policies WHERE policyname = 'brand_wall')`, appRole).Scan(ctx, &up)
	if err != nil {
		return false, fromTx(err)
	}
	s.walled.Store(up)
	return up, nil
}

// buildWall makes the role, its rights, and the policy of every table that belongs to a brand, by its own column or through the borrower,
// loan or session it names. It runs after every migration and changes only what is missing. Where the database's owner may not make roles,
// somebody who may must have made it.
func buildWall(ctx context.Context, db *bun.DB) error {
	quoted := func(names []string) string { return "'" + strings.Join(names, "', '") + "'" }
	_, err := db.ExecContext(ctx, strings.NewReplacer("{role}", appRole, "{append}", quoted(appendOnly), "{shared}", quoted(shared)).Replace(wallSQL))
	return err
}

const wallSQL = `DO $wall$
DECLARE t record; rule text;
BEGIN
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
      CREATE ROLE {role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; WHEN insufficient_privilege THEN
    RAISE NOTICE 'the role {role} is missing and may not be made: brands are kept apart by the program alone'; RETURN;
  END;
  BEGIN
    IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN EXECUTE format('GRANT {role} TO %I', current_user); END IF;
  EXCEPTION WHEN unique_violation THEN NULL; WHEN insufficient_privilege THEN RAISE NOTICE 'nobody has made % a member of {role}', current_user;
  END;
  GRANT USAGE ON SCHEMA public TO {role};
  GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
  FOR t IN SELECT c.relname AS name, c.relname IN ({append}) AS append,
      has_table_privilege('{role}', c.oid, 'SELECT, INSERT') AS granted, c.relrowsecurity AS walled, c.relname IN ({shared}) AS shared,
      EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'brand' AND NOT attisdropped) AS brand,
      EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'borrower_id' AND NOT attisdropped) AS borrower,
      EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'loan_id' AND NOT attisdropped) AS loan,
      EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'session_id' AND NOT attisdropped) AS session
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT LIKE 'bun_%'
  LOOP
    IF NOT t.granted THEN EXECUTE format('GRANT SELECT, INSERT ON %I TO {role}', t.name); END IF;
    IF t.append THEN
      IF has_table_privilege('{role}', t.name, 'UPDATE') OR has_table_privilege('{role}', t.name, 'DELETE') THEN
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM {role}', t.name);
      END IF;
    ELSIF NOT has_table_privilege('{role}', t.name, 'UPDATE') OR NOT has_table_privilege('{role}', t.name, 'DELETE') THEN
      EXECUTE format('GRANT UPDATE, DELETE ON %I TO {role}', t.name);
    END IF;
    rule := CASE
      WHEN t.shared THEN NULL
      WHEN t.brand THEN $rule$brand = current_setting('cp.brand', true)$rule$
      WHEN t.name = 'borrowers' THEN NULL
      WHEN t.borrower THEN 'borrower_id IS NULL OR EXISTS (SELECT FROM borrowers wall WHERE wall.id = borrower_id)'
      WHEN t.loan THEN 'EXISTS (SELECT FROM loans wall WHERE wall.id = loan_id)'
      WHEN t.session THEN 'EXISTS (SELECT FROM sessions wall WHERE wall.id = session_id)'
    END;
    IF rule IS NOT NULL AND NOT t.walled THEN
      EXECUTE format('CREATE POLICY brand_wall ON %I USING (current_user <> ''{role}'' OR %s) WITH CHECK (current_user <> ''{role}'' OR %s)', t.name, rule, rule);
      EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.name);
    END IF;
  END LOOP;
END $wall$`
