package testkit

import "testing"

// PointInTime keeps what a database holds now and returns what brings it back to that, as a restore to a point in time does: whatever was
// written since is gone. A server may stay on it, but must have nothing under way then.
func PointInTime(t testing.TB, url string) (restore func()) {
	t.Helper()
	const tables = `SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`
	Exec(t, url, `BEGIN ISOLATION LEVEL REPEATABLE READ; DO $$ DECLARE name text; BEGIN
		DROP SCHEMA IF EXISTS point CASCADE; CREATE SCHEMA point;
		FOR name IN `+tables+` LOOP EXECUTE format('CREATE TABLE point.%I AS TABLE public.%I', name, name); END LOOP; END $$; COMMIT`)
	return func() {
		t.Helper()
		Exec(t, url, `DO $$ DECLARE name text; columns text; BEGIN
			SET LOCAL session_replication_role = replica;
			FOR name IN `+tables+` LOOP
				EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', name);
			END LOOP;
			FOR name IN `+tables+` LOOP
				EXECUTE format('TRUNCATE public.%I CASCADE', name);
			END LOOP;
			FOR name IN `+tables+` LOOP
				SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
					WHERE attrelid = format('public.%I', name)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
				EXECUTE format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM point.%I', name, columns, columns, name);
			END LOOP; END $$`)
	}
}
