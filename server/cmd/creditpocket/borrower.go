package main

import (
	"context"
	"os"

	"github.com/creditpocket/creditpocket/internal/app"
)

type borrowerCmd struct {
	Export borrowerExportCmd `cmd:"" help:"Print everything that is kept of a borrower, as JSON."`
	Erase  borrowerEraseCmd  `cmd:"" help:"Erase a borrower for good: destroy the data key and delete what the books do not need."`
}

type retentionCmd struct {
	Sweep bool `help:"Delete what is overdue first; the server does that by itself every five minutes."`
}

func (c retentionCmd) Run(ctx context.Context) error {
	return app.Retention(ctx, os.Environ(), c.Sweep, os.Stdout)
}

type borrowerExportCmd struct {
	ID     int64  `arg:"" help:"The borrower's id."`
	Reason string `required:"" help:"Why; it goes into the audit trail."`
}

func (c borrowerExportCmd) Run(ctx context.Context) error {
	return app.ExportBorrower(ctx, os.Environ(), c.ID, c.Reason, os.Stdout)
}

type borrowerEraseCmd struct {
	ID     int64  `arg:"" help:"The borrower's id."`
	Reason string `required:"" help:"Why; it goes into the audit trail."`
}

func (c borrowerEraseCmd) Run(ctx context.Context) error {
	return app.EraseBorrower(ctx, os.Environ(), c.ID, c.Reason, os.Stdout)
}
