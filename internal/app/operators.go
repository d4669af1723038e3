package app

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/store"
)

// NewOperator is a member of the staff as the command line names one.
type NewOperator struct {
	Name  string
	Role  string
	Brand string // "" for all
	Days  int    // for which the key is good
}

// AddOperator gives a person a key and prints it: this once, it is stored nowhere.
func AddOperator(ctx context.Context, environ []string, n NewOperator, out io.Writer) error {
	return withStaff(ctx, environ, func(ctx context.Context, staff *backoffice.Service) error {
		added, key, err := staff.AddOperator(ctx, backoffice.NewOperator{Name: n.Name, Role: backoffice.Role(n.Role), Brand: n.Brand, Life: time.Duration(n.Days) * 24 * time.Hour})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s is operator %d with the role %s for %s, until %s. The key, shown only now:\n\n  %s\n\nSend it as: Authorization: Bearer KEY\n",
			added.Name, added.ID, added.Role, orAllBrands(added.Brand), added.ExpiresAt.Format(time.DateOnly), key)
		return err
	})
}

// ListOperators prints everybody who has or had a key.
func ListOperators(ctx context.Context, environ []string, out io.Writer) error {
	return withStaff(ctx, environ, func(ctx context.Context, staff *backoffice.Service) error {
		all, err := staff.Staff(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tROLE\tBRANDS\tKEY")
		for _, o := range all {
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", o.ID, o.Name, o.Role, orAllBrands(o.Brand), keyState(o))
		}
		return table.Flush()
	})
}

// RevokeOperator ends a person's key.
func RevokeOperator(ctx context.Context, environ []string, name string, out io.Writer) error {
	return withStaff(ctx, environ, func(ctx context.Context, staff *backoffice.Service) error {
		o, err := staff.RevokeOperator(ctx, name)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "The key of %s is revoked.\n", o.Name)
		return err
	})
}

// withStaff opens the part of the capability that needs the database alone.
func withStaff(ctx context.Context, environ []string, work func(ctx context.Context, staff *backoffice.Service) error) error {
	return withDatabase(ctx, environ, func(ctx context.Context, d *deployment) error {
		return work(ctx, backoffice.New(d.store, nil, d.clock, backofficeConfig(d.config), d.log))
	})
}

func orAllBrands(brand string) string {
	if brand == "" {
		return "all brands"
	}
	return brand
}

func keyState(o store.Operator) string {
	switch {
	case !o.RevokedAt.IsZero():
		return "revoked " + o.RevokedAt.Format(time.DateOnly)
	case time.Now().After(o.ExpiresAt):
		return "expired " + o.ExpiresAt.Format(time.DateOnly)
	}
	return "good until " + o.ExpiresAt.Format(time.DateOnly)
}
