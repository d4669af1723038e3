package store_test

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// zoneURL tells a process of this test binary, which runs in another time zone, where the database is.
const zoneURL = "CP_TEST_ZONE_URL"

// zoneInstants is how many instants each zone is tried with.
const zoneInstants = 10_000

// TestDaysPastDueInEveryTimeZone lets the process run in UTC, Lagos and Honolulu, with the database's session in each of them, and
// holds the days past due of random instants in the rules against those in SQL.
func TestDaysPastDueInEveryTimeZone(t *testing.T) {
	if url := os.Getenv(zoneURL); url != "" {
		for _, session := range []string{"UTC", "Africa/Lagos", "Pacific/Honolulu"} {
			sameDaysPastDue(t, url, session)
		}
		return
	}
	url := testkit.Database(t, func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler))
		return err
	}, store.MigrationsKey())
	for _, zone := range []string{"UTC", "Africa/Lagos", "Pacific/Honolulu"} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDaysPastDueInEveryTimeZone$", "-test.v")
		child.Env = append(os.Environ(), zoneURL+"="+url, "TZ="+zone)
		if out, err := child.CombinedOutput(); err != nil {
			t.Errorf("in %s: %v\n%s", zone, err, out)
		}
	}
}

func sameDaysPastDue(t *testing.T, address, session string) {
	t.Helper()
	if want, err := time.LoadLocation(os.Getenv("TZ")); err != nil || time.Now().In(want).Format("-0700") != time.Now().Format("-0700") {
		t.Fatalf("this process does not run in %s: %v", os.Getenv("TZ"), err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("timezone", session)
	u.RawQuery = q.Encode()
	db, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	dues, ats := zonePairs()
	var zone string
	if err := db.QueryRow(t.Context(), "SHOW timezone").Scan(&zone); err != nil || zone != session {
		t.Fatalf("the session is in %s: %v", zone, err)
	}
	rows, err := db.Query(t.Context(), `SELECT `+store.LagosDateSQL("at")+`::text, `+store.LagosDateSQL("due")+`::text, `+
		store.DaysPastDueSQL("at", store.LagosDateSQL("due"))+` FROM unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS i (at, due, n) ORDER BY n`, ats, dues)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n, late := 0, 0
	for ; rows.Next(); n++ {
		var atDate, dueDate string
		var days int
		if err := rows.Scan(&atDate, &dueDate, &days); err != nil {
			t.Fatal(err)
		}
		due, at := dues[n], ats[n]
		l := lending.Loan{State: lending.Active, DueAt: due}
		if got := lending.PositionAt(l, at); got.OverDays != days || got.Date.String() != atDate || l.DueDate().String() != dueDate {
			t.Fatalf("due %s, at %s: the rules say %d days from %s to %s, SQL in %s says %d from %s to %s", due, at, got.OverDays, l.DueDate(),
				got.Date, session, days, dueDate, atDate)
		}
		if ran, _ := lending.RunDay(l, clock.DateOf(at)); (ran.State == lending.Overdue) != (days > 0) {
			t.Fatalf("due %s, at %s: %d days past due, and the loan is %s", due, at, days, ran.State)
		}
		if days > 0 {
			late++
		}
	}
	if err := rows.Err(); err != nil || n != zoneInstants || late < n/4 || late > 3*n/4 {
		t.Fatalf("%d instants, %d of them past due: %v", n, late, err)
	}
}

// zonePairs are due instants with instants to look at them, the same in every process and the same that the wire is tried with.
func zonePairs() (dues, ats []time.Time) {
	for _, d := range testkit.DueInstants(zoneInstants/100, 100) {
		for _, at := range d.At {
			dues, ats = append(dues, d.Due), append(ats, at)
		}
	}
	return dues, ats
}
