package app

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
)

// Retention prints how the personal records stand that are kept for a time, and with sweep deletes first what is overdue. Something that
// is overdue is an error.
func Retention(ctx context.Context, environ []string, sweep bool, out io.Writer) error {
	return withDatabase(ctx, environ, func(ctx context.Context, d *deployment) error {
		const batch = 1000
		deleted := int64(0)
		for more := sweep; more; {
			more = false
			err := d.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				gone, err := tx.SweepRetention(ctx, batch)
				for _, n := range gone {
					deleted += n
					more = more || n == batch
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		lines, err := d.store.RetentionReport(ctx)
		if err != nil {
			return err
		}
		overdue := int64(0)
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "RECORDS\tKEPT\tROWS\tOVERDUE\tOLDEST ENDED")
		for _, l := range lines {
			oldest := "-"
			if !l.Oldest.IsZero() {
				oldest = l.Oldest.Format(time.DateOnly)
			}
			fmt.Fprintf(table, "%s\t%d days\t%d\t%d\t%s\n", l.Kind, int(l.Keep.Hours()/24), l.Rows, l.Overdue, oldest)
			overdue += l.Overdue
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(out, "RESULT retention kinds=%d deleted=%d overdue=%d\n", len(lines), deleted, overdue)
		if overdue > 0 {
			return fmt.Errorf("%d records are overdue: run it with --sweep", overdue)
		}
		return nil
	})
}
