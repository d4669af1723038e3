package main

import (
	"context"
	"os"

	"github.com/creditpocket/creditpocket/internal/app"
)

type dailyCmd struct {
	Through string `placeholder:"YYYY-MM-DD" help:"The last business date to run, in Lagos; today without it."`
}

func (c dailyCmd) Run(ctx context.Context) error {
	return app.Daily(ctx, os.Environ(), c.Through, os.Stdout)
}

type clockCmd struct {
	Show    clockShowCmd    `cmd:"" default:"1" help:"Say what time it is for the business."`
	Advance clockAdvanceCmd `cmd:"" help:"Move the clock forward, for every process on this database."`
	Reset   clockResetCmd   `cmd:"" help:"Go back to the machine's time."`
}

type clockShowCmd struct{}

func (clockShowCmd) Run(ctx context.Context) error {
	return app.ClockShow(ctx, os.Environ(), os.Stdout)
}

type clockAdvanceCmd struct {
	Span string `arg:"" help:"How far, such as 3d or 12h."`
}

func (c clockAdvanceCmd) Run(ctx context.Context) error {
	return app.ClockAdvance(ctx, os.Environ(), c.Span, os.Stdout)
}

type clockResetCmd struct{}

func (clockResetCmd) Run(ctx context.Context) error {
	return app.ClockReset(ctx, os.Environ(), os.Stdout)
}
