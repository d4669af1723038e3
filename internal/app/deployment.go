package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/store"
)

// deployment is what a command needs that works on the database alone, beside a running server.
type deployment struct {
	config config.Config
	store  *store.Store
	clock  clock.Clock // the business clock, as it stood when the command began
	log    *slog.Logger
}

// withDatabase opens the database for a command, without providers and without changing its schema.
func withDatabase(ctx context.Context, environ []string, work func(ctx context.Context, d *deployment) error) error {
	c, err := config.Load(environ)
	if err != nil {
		return fmt.Errorf("the settings are not right:\n%w", err)
	}
	log := newLog(c)
	keys, err := openKeys(c)
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, c, log)
	if err != nil {
		return err
	}
	defer db.stop(context.WithoutCancel(ctx))
	business := clock.NewOffset(clock.System{}, 0)
	st, err := store.Open(db.storeOptions(c, log), keys, business)
	if err != nil {
		return err
	}
	defer st.Close()
	if err := st.CheckSchema(ctx); err != nil {
		return err
	}
	if err := checkIndexKey(ctx, c, st); err != nil {
		return err
	}
	if c.Mode == config.Development {
		if err := readClock(ctx, st, business); err != nil {
			return err
		}
	}
	return work(ctx, &deployment{c, st, business, log})
}
