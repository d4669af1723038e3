package main

import (
	"context"
	"os"

	"github.com/creditpocket/creditpocket/internal/app"
)

type operatorCmd struct {
	Add    operatorAddCmd    `cmd:"" help:"Give a member of the staff a key, and print it once."`
	List   operatorListCmd   `cmd:"" help:"List everybody who has or had a key."`
	Revoke operatorRevokeCmd `cmd:"" help:"End somebody's key."`
}

type operatorAddCmd struct {
	Name  string `required:"" help:"Name of the person; the same name is the same person."`
	Role  string `required:"" enum:"viewer,reviewer,collections,finance,admin" help:"viewer, reviewer, collections, finance or admin."`
	Brand string `help:"The only brand the person may see and act on; all brands without it."`
	Days  int    `default:"90" help:"Days for which the key is good, at most 366."`
}

func (c operatorAddCmd) Run(ctx context.Context) error {
	return app.AddOperator(ctx, os.Environ(), app.NewOperator{Name: c.Name, Role: c.Role, Brand: c.Brand, Days: c.Days}, os.Stdout)
}

type operatorListCmd struct{}

func (operatorListCmd) Run(ctx context.Context) error {
	return app.ListOperators(ctx, os.Environ(), os.Stdout)
}

type operatorRevokeCmd struct {
	Name string `arg:"" help:"Name of the person."`
}

func (c operatorRevokeCmd) Run(ctx context.Context) error {
	return app.RevokeOperator(ctx, os.Environ(), c.Name, os.Stdout)
}
