package app

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
)

// VerifyTrail walks the audit trail's hash chain and prints each finding; one finding is an error.
func VerifyTrail(ctx context.Context, environ []string, out io.Writer) error {
	return withStaff(ctx, environ, func(ctx context.Context, staff *backoffice.Service) error {
		started := time.Now()
		audit, err := staff.VerifyTrail(ctx)
		if err != nil {
			return err
		}
		for _, f := range audit.Findings {
			if _, err := fmt.Fprintln(out, f); err != nil {
				return err
			}
		}
		fmt.Fprintf(out, "RESULT verify-audit sealed=%d unsealed=%d findings=%d seconds=%.1f\n", audit.Sealed, audit.Unsealed, len(audit.Findings), time.Since(started).Seconds())
		if len(audit.Findings) > 0 {
			return fmt.Errorf("%d findings", len(audit.Findings))
		}
		return nil
	})
}
