package main

import (
	"context"
	"os"

	"github.com/creditpocket/creditpocket/internal/app"
)

type keysCmd struct {
	New    keysNewCmd    `cmd:"" help:"Print a fresh key, for CP_MASTER_KEY, CP_INDEX_KEY or CP_KEK."`
	Index  keysIndexCmd  `cmd:"" help:"Print the key of the keyed hashes, for CP_INDEX_KEY: before the master key is changed for the first time."`
	Status keysStatusCmd `cmd:"" help:"Count the data keys that the present key-encryption key wraps."`
	Rotate keysRotateCmd `cmd:"" help:"Put all that is stored under the present keys (CP_MASTER_KEY, CP_KEK), beside a running server."`
}

type keysNewCmd struct{}

func (keysNewCmd) Run() error { return app.NewKey(os.Stdout) }

type keysIndexCmd struct{}

func (keysIndexCmd) Run() error { return app.PrintIndexKey(os.Environ(), os.Stdout) }

type keysStatusCmd struct{}

func (keysStatusCmd) Run(ctx context.Context) error {
	return app.KeyStatus(ctx, os.Environ(), os.Stdout)
}

type keysRotateCmd struct{}

func (keysRotateCmd) Run(ctx context.Context) error {
	return app.RotateKeys(ctx, os.Environ(), os.Stdout)
}
