package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// database is where the data lives: a PostgreSQL somebody runs, or the managed local cluster.
type database struct {
	url     string
	direct  string           // past a pooler; url where there is none
	cluster *pglocal.Cluster // nil where DATABASE_URL names another
}

// openDatabase finds or starts PostgreSQL. The local cluster keeps its data under the data directory.
func openDatabase(ctx context.Context, c config.Config, log *slog.Logger) (database, error) {
	if url := c.DatabaseURL.Reveal(); url != "" {
		d := database{url: url, direct: url}
		if direct := c.DirectURL.Reveal(); direct != "" {
			d.direct = direct
		}
		return d, refuseInClear(c, d)
	}
	cluster, err := pglocal.Start(ctx, pglocal.Options{
		DataDir: filepath.Join(c.DataDir, "pg"), BinDir: c.PgBinDir, NoDownload: c.PgNoDownload,
		DownloadURL: c.PgDownloadURL, DownloadSHA256: c.PgDownloadHash, Log: log,
	})
	if err != nil {
		return database{}, fmt.Errorf("start PostgreSQL: %w", err)
	}
	log.Info("PostgreSQL runs", "from", string(cluster.Source()), "adopted", cluster.Adopted(), "port", cluster.Port())
	return database{url: cluster.URL(), direct: cluster.URL(), cluster: cluster}, nil
}

// refuseInClear keeps production from sending personal data and passwords over a network as they are.
func refuseInClear(c config.Config, d database) error {
	if c.Mode != config.Production || c.DBTLS == "off" {
		return nil
	}
	// In this order: without a pooler both are DATABASE_URL, and the operator can mend only the setting that was given.
	for _, setting := range []struct{ name, url string }{{"DATABASE_URL", d.url}, {"CP_DATABASE_DIRECT_URL", d.direct}} {
		open, err := store.InClear(setting.url)
		if err != nil {
			return fmt.Errorf("%s: %w", setting.name, err)
		}
		if open {
			return fmt.Errorf("%s: another machine is reached without TLS; add sslmode=verify-full, or set CP_DB_TLS=off where the network is encrypted otherwise", setting.name)
		}
	}
	return nil
}

// storeOptions are the settings in the words of the store.
func (d database) storeOptions(c config.Config, log *slog.Logger) store.Options {
	return store.Options{URL: d.url, DirectURL: d.direct, Pooled: c.DBPooler == "transaction", MaxConns: c.DBMaxConns,
		Unprepared: c.DBStatements == "simple" || (c.DBStatements == "auto" && c.DBPooler == "transaction"),
		Isolation:  store.Isolation(c.DBIsolation), Log: log}
}

func (d database) stop(ctx context.Context) error {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Stop(ctx)
}

// openKeys derives the deployment's keys from CP_MASTER_KEY. Development keeps a master key of its own in a file that only
// the user can read; losing it makes the personal data of that data directory unreadable.
func openKeys(c config.Config) (*seal.Keys, error) {
	text := c.MasterKey.Reveal()
	if text == "" {
		if c.Mode == config.Production {
			return nil, errors.New("CP_MASTER_KEY: is required in production")
		}
		var err error
		if text, err = localMasterKey(filepath.Join(c.DataDir, "master.key")); err != nil {
			return nil, fmt.Errorf("the development master key: %w", err)
		}
	}
	master, err := seal.ParseMasterKey(text)
	if err != nil {
		return nil, fmt.Errorf("CP_MASTER_KEY: %w", err)
	}
	keys, err := seal.New(master)
	if err != nil {
		return nil, err
	}
	return keys, useOtherKeys(keys, c)
}

// localMasterKey reads the key file, or makes it. Two first starts at once agree on one key: a hard link never replaces.
func localMasterKey(path string) (string, error) {
	if text, err := os.ReadFile(path); err == nil || !errors.Is(err, fs.ErrNotExist) { // #nosec G304 -- the path is the operator's setting
		return string(text), err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { // #nosec G301 -- PostgreSQL's account must enter the directory; the key's file is 0600
		return "", err
	}
	key, err := seal.NewMasterKey()
	if err != nil {
		return "", err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), ".master-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(draft.Name())
	if _, err := draft.WriteString(key); err != nil {
		return "", err
	}
	if err := errors.Join(draft.Sync(), draft.Close()); err != nil {
		return "", err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	text, err := os.ReadFile(path) // #nosec G304 -- as above
	return string(text), err
}
