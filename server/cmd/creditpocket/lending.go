package main

import (
	"context"
	"errors"
	"os"

	"github.com/creditpocket/creditpocket/internal/app"
)

type productCmd struct {
	Check  productCheckCmd  `cmd:"" help:"Say what the products of a file cost and which rules of policy they break; needs no database."`
	Import productImportCmd `cmd:"" help:"Add the products of a file as new versions, all or none."`
}

type productCheckCmd struct {
	File string `arg:"" help:"YAML or JSON with one product or a list; - is standard input."`
}

func (c productCheckCmd) Run() error { return app.ProductCheck(c.File, os.Stdout) }

type productImportCmd struct {
	File     string `arg:"" help:"YAML or JSON with one product or a list; - is standard input."`
	Override string `placeholder:"REASON" help:"Why products are sold although they break policy; written to the audit trail."`
}

func (c productImportCmd) Run(ctx context.Context) error {
	return app.ProductImport(ctx, os.Environ(), c.File, c.Override, os.Stdout)
}

type rulesCmd struct {
	Replay rulesReplayCmd `cmd:"" help:"Make decisions again from their stored snapshots; fails where one differs."`
}

type rulesReplayCmd struct {
	Loan    int64  `placeholder:"ID" help:"The decision about this loan, with its facts."`
	Version int    `placeholder:"N" help:"With --loan: decide with this version of the brand's rules."`
	All     bool   `help:"Every decision."`
	Since   string `placeholder:"YYYY-MM-DD" help:"Every decision since this day in Lagos."`
}

func (c rulesReplayCmd) Run(ctx context.Context) error {
	switch many := c.All || c.Since != ""; {
	case (c.Loan != 0) == many:
		return errors.New("name a loan with --loan, or take many with --all or --since")
	case c.Loan < 0 || c.Version < 0 || (c.Version != 0 && many):
		return errors.New("--version goes with --loan, and both are above zero")
	}
	return app.RulesReplay(ctx, os.Environ(), app.ReplayOrder{Loan: c.Loan, Version: c.Version, Since: c.Since}, os.Stdout)
}
