package storm

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// judge counts in the database, past the proxy, what was done.
func (w *weather) judge(ctx context.Context, r Report) (Report, error) {
	conn, err := pgx.Connect(ctx, w.URL)
	if err != nil {
		return r, err
	}
	defer conn.Close(ctx)
	rows, err := tally(ctx, conn, fmt.Sprintf(`SELECT app_version::int, count(*) FROM device_activity WHERE borrower_id = %d GROUP BY 1`, w.borrower))
	if err != nil {
		return r, err
	}
	jobs, err := tally(ctx, conn, `SELECT (args->>'call')::int, count(*) FROM river_job WHERE kind = 'storm.effect' GROUP BY 1`)
	if err != nil {
		return r, err
	}
	for call, told := range w.outcomes {
		n := rows[call]
		switch {
		case n > 1 || jobs[call] > 1:
			r.Doubled++
		case n != jobs[call]:
			r.Halves++
		case told.acknowledged && n == 0:
			r.FalselyAcknowledged++
		case !told.acknowledged && n == 1:
			r.Unclear++
		}
		if told.acknowledged {
			r.Acknowledged++
		} else {
			r.Failed++
		}
		if told.wrong {
			r.Wrong++
		}
	}
	_, err = conn.Exec(ctx, `DELETE FROM river_job WHERE kind = 'storm.effect'`)
	return r, err
}

// tally reads pairs of call and count.
func tally(ctx context.Context, conn *pgx.Conn, query string) (map[int]int, error) {
	found := map[int]int{}
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	var call, n int
	_, err = pgx.ForEachRow(rows, []any{&call, &n}, func() error {
		found[call] = n
		return nil
	})
	return found, err
}
