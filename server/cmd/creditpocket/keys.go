package main

import (
	"context"
	"os"

	"github.com/creditpocket/creditpocket/internal/app"
)

type keysCmd struct {
	New    keysNewCmd    `cmd:"" help:"Print a fresh key, for CP_KEK or CP_MASTER_KEY."`
	Status keysStatusCmd `cmd:"" help:"Count the data keys that the present key-encryption key wraps."`
	Rotate keysRotateCmd `cmd:"" help:"Wrap every data key by the present key-encryption key (CP_KEK), beside a running server."`
}

type keysNewCmd struct{}

func (keysNewCmd) Run() error { return app.NewKey(os.Stdout) }

type keysStatusCmd struct{}

func (keysStatusCmd) Run(ctx context.Context) error {
	return app.KeyStatus(ctx, os.Environ(), os.Stdout)
}

type keysRotateCmd struct{}

func (keysRotateCmd) Run(ctx context.Context) error {
	return app.RotateKeys(ctx, os.Environ(), os.Stdout)
}
