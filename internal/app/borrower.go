package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/store"
)

// commandLine is who acts, in the trail, where nobody of the staff is logged in.
const commandLine = "command line"

// ExportBorrower prints everything that is kept of a borrower as one JSON object of sections.
func ExportBorrower(ctx context.Context, environ []string, id int64, reason string, out io.Writer) error {
	return withDatabase(ctx, environ, func(ctx context.Context, d *deployment) error {
		sections, err := d.store.PersonalData(ctx, id)
		if err != nil {
			return unknownBorrower(id, err)
		}
		err = d.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.AddTrail(ctx, store.TrailEntry{OperatorName: commandLine, Act: "exportUser", Subject: fmt.Sprintf("borrower:%d", id), Reason: reason})
		})
		if err != nil {
			return err
		}
		all := map[string][]map[string]string{}
		for _, s := range sections {
			all[s.Name] = make([]map[string]string, len(s.Records))
			for i, record := range s.Records {
				all[s.Name][i] = map[string]string{}
				for _, f := range record {
					all[s.Name][i][f.Name] = f.Value
				}
			}
		}
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(all)
	})
}

// EraseBorrower erases a borrower for good, or says why not.
func EraseBorrower(ctx context.Context, environ []string, id int64, reason string, out io.Writer) error {
	return withDatabase(ctx, environ, func(ctx context.Context, d *deployment) error {
		limiter, err := access.NewLimiter(d.store, d.clock, access.LimiterOptions{})
		if err != nil {
			return err
		}
		svc := access.New(d.store, nil, limiter, d.clock, access.Config{DefaultBrand: d.config.DefaultBrand}, d.log)
		if err := svc.Erase(ctx, access.Erasure{Borrower: id, By: commandLine, Reason: reason}); err != nil {
			return unknownBorrower(id, err)
		}
		_, err = fmt.Fprintf(out, "Borrower %d is erased. The books stay.\n", id)
		return err
	})
}

func unknownBorrower(id int64, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("borrower %d is not there, or was erased already", id)
	}
	return err
}
