package pglocal

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
)

// Options say where a managed cluster lives and what may be done to get one. Only DataDir is required.
// The package reads no environment variable of its own: the caller maps PG_BIN_DIR, CP_PG_DOWNLOAD_URL and so on.
type Options struct {
	// DataDir holds everything of the cluster, e.g. ".data/pg": the PostgreSQL data directory "data", the superuser's
	// password, the port, the log and the lock files. It is made when absent and never deleted.
	DataDir string
	// DatabaseName is the application's database, created when absent. Default "creditpocket".
	DatabaseName string
	// BinDir (PG_BIN_DIR) is a directory with initdb and postgres. When set, no other local directory is searched.
	BinDir string
	// NoDownload refuses the download of PostgreSQL, NoDocker the use of a container engine.
	NoDownload, NoDocker bool
	// Mirror replaces https://registry.npmjs.org as the place of the pinned archives.
	Mirror string
	// DownloadURL and DownloadSHA256 (hex) replace the pinned archive by another .tar.gz with a bin/initdb in it,
	// for platforms without a pin and for networks without the registry. Both or neither.
	DownloadURL, DownloadSHA256 string
	// CacheDir keeps unpacked downloads. Default: the user's cache; /var/cache/creditpocket for root, because the
	// server's account cannot look into root's home.
	CacheDir string
	// Image is the container image of the last resort. Default "postgres:15-alpine".
	Image string
	// Fast trades durability for speed (fsync, synchronous_commit and full_page_writes off). Tests only: a power cut may
	// destroy the cluster, and even a killed server loses its last commits.
	Fast bool
	// Detached lets the cluster outlive this process; it runs until StopDir. Otherwise it stops with its owner.
	Detached bool
	// Settings are further server settings, e.g. {"max_connections": "300"}.
	Settings map[string]string
	// Log receives announcements (a download, a changed location). Default slog.Default().
	Log *slog.Logger
}

const (
	defaultDatabase = "creditpocket"
	defaultMirror   = "https://registry.npmjs.org"
	defaultImage    = "postgres:15-alpine"
	superuser       = "creditpocket"
)

var databaseName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func (o Options) withDefaults() (Options, error) {
	if o.DataDir == "" {
		return o, errors.New("pglocal: DataDir is empty")
	}
	abs, err := filepath.Abs(o.DataDir)
	if err != nil {
		return o, fmt.Errorf("pglocal: data directory: %w", err)
	}
	o.DataDir = abs
	if o.DatabaseName == "" {
		o.DatabaseName = defaultDatabase
	}
	if !databaseName.MatchString(o.DatabaseName) {
		return o, fmt.Errorf("pglocal: database name %q: want lower-case letters, digits and underscores, at most 63", o.DatabaseName)
	}
	if (o.DownloadURL == "") != (o.DownloadSHA256 == "") {
		return o, errors.New("pglocal: a download URL and its SHA-256 go together: set both or neither")
	}
	if o.Mirror == "" {
		o.Mirror = defaultMirror
	}
	if o.Image == "" {
		o.Image = defaultImage
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o, nil
}

// settings returns the server's command-line settings in a fixed order. Later ones win in PostgreSQL, so the caller's
// come last.
func (o Options) settings() []string {
	set := map[string]string{
		"max_connections": "200",
		"shared_buffers":  "128MB",
		"timezone":        "UTC",
		"log_timezone":    "UTC",
		"lc_messages":     "C", // launch reads two of the server's messages
	}
	if o.Fast {
		maps.Copy(set, map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
	}
	maps.Copy(set, o.Settings)
	var args []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		args = append(args, "-c", name+"="+set[name])
	}
	return args
}

// host is what the search for PostgreSQL sees of this machine; tests narrow it.
type host struct {
	platform string         // GOOS/GOARCH, the key of pins
	path     string         // PATH
	globs    []string       // directories that packages install into
	docker   string         // the engine's command
	pins     map[string]pin // checksums of downloads
	refuge   string         // root's place for data that the server's account could not reach
}

func thisHost() host {
	return host{
		platform: runtime.GOOS + "/" + runtime.GOARCH,
		path:     os.Getenv("PATH"),
		globs:    packageDirs(),
		docker:   "docker",
		pins:     pinned(),
		refuge:   "/var/lib/creditpocket",
	}
}
