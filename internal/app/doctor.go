package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Doctor checks everything a server needs, prints one line each, and returns an error if anything is wrong. It changes
// nothing but to start the local cluster where that is what the settings say.
func Doctor(ctx context.Context, environ []string, out io.Writer) error {
	failed := 0
	line := func(what string, err error, detail string) {
		if err != nil {
			failed++
			fmt.Fprintf(out, "FAIL  %-12s %v\n", what, err)
			return
		}
		fmt.Fprintf(out, "ok    %-12s %s\n", what, detail)
	}
	c, err := config.Load(environ)
	line("settings", err, string(c.Mode))
	if err != nil {
		return errors.New("the settings are not right")
	}
	keys, err := openKeys(c)
	line("keys", err, "the master key is readable")
	log := newLog(c)
	d, err := openDatabase(ctx, c, log)
	if err == nil {
		defer d.stop(context.WithoutCancel(ctx))
	}
	detail := "DATABASE_URL"
	if d.cluster != nil {
		detail = fmt.Sprintf("local cluster in %s (%s)", d.cluster.Dir(), d.cluster.Source())
	}
	line("PostgreSQL", err, detail)
	if err == nil && keys != nil {
		line("database", examine(ctx, c, d, keys), "reachable, its schema is this binary's")
	}
	p, err := openProviders(ctx, c, clock.System{}, log)
	if err == nil {
		defer p.close()
		line("photographs", p.blobs.Check(ctx), c.BlobURL)
		asked, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		_, err = p.payments.ListBanks(asked)
	}
	line("gateway", err, c.Gateway)
	if failed > 0 {
		return fmt.Errorf("%d checks failed", failed)
	}
	return nil
}

// examine says whether the database can be used as it is.
func examine(ctx context.Context, c config.Config, d database, keys *seal.Keys) error {
	st, err := store.Open(d.storeOptions(c, nil), keys, clock.System{})
	if err != nil {
		return err
	}
	defer st.Close()
	if err := st.Ping(ctx); err != nil {
		return err
	}
	return st.CheckSchema(ctx)
}
