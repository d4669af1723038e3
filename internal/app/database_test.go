package app

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/config"
)

// TestProductionRefusesADatabaseInClear opens nothing: the URL alone decides.
func TestProductionRefusesADatabaseInClear(t *testing.T) {
	const far, direct = "postgres://u:hunter2@db.example.com/x", "postgres://u:hunter2@10.0.0.2/x"
	for _, k := range []struct {
		c     config.Config
		names string // the setting that is refused
	}{
		{config.Config{Mode: config.Production, DatabaseURL: far, DBTLS: "require"}, "DATABASE_URL"},
		{config.Config{Mode: config.Production, DatabaseURL: far + "?sslmode=verify-full", DirectURL: direct, DBTLS: "require"}, "CP_DATABASE_DIRECT_URL"},
		{config.Config{Mode: config.Production, DatabaseURL: far + "?sslmode=verify-full", DirectURL: direct + "?sslmode=require", DBTLS: "require"}, ""},
		{config.Config{Mode: config.Production, DatabaseURL: "postgres://u:hunter2@127.0.0.1/x", DBTLS: "require"}, ""},
		{config.Config{Mode: config.Production, DatabaseURL: far, DBTLS: "off"}, ""},
		{config.Config{Mode: config.Development, DatabaseURL: far, DBTLS: "require"}, ""},
	} {
		_, err := openDatabase(t.Context(), k.c, slog.New(slog.DiscardHandler))
		switch {
		case k.names == "" && err != nil:
			t.Errorf("%s: %v", k.c.Mode, err)
		case k.names != "" && (err == nil || !strings.HasPrefix(err.Error(), k.names+": ")):
			t.Errorf("%s is taken: %v", k.names, err)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("the error holds the password: %v", err)
		}
	}
}
