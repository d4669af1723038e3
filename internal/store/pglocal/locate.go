package pglocal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oldestMajor is the oldest PostgreSQL a new cluster is made with: CREATE DATABASE ... STRATEGY came with 15.
const oldestMajor = 15

// binaries are a directory of server programs that run here under the server's account.
type binaries struct {
	dir    string
	major  int
	source Source
}

// packageDirs are the places that packages and installers use, as patterns.
func packageDirs() []string {
	dirs := []string{
		"/usr/lib/postgresql/*/bin",                      // Debian, Ubuntu
		"/usr/pgsql-*/bin",                               // postgresql.org's RPMs
		"/usr/libexec/postgresql*",                       // Alpine
		"/usr/local/pgsql*/bin",                          // built from source
		"/opt/homebrew/opt/postgresql*/bin",              // Homebrew on Apple silicon
		"/usr/local/opt/postgresql*/bin",                 // Homebrew on Intel
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin", // Homebrew on Linux
		"/Applications/Postgres.app/Contents/Versions/*/bin",
		"/Library/PostgreSQL/*/bin", // EDB on macOS
	}
	if pf := os.Getenv("ProgramFiles"); pf != "" {
		dirs = append(dirs, filepath.Join(pf, "PostgreSQL", "*", "bin"))
	}
	return dirs
}

// findBinaries returns the first usable programs: of the given major version when data exists, else of any new enough.
// tried explains every miss; an error ends the search.
func (s *starter) findBinaries(ctx context.Context, major int) (found binaries, tried []string, err error) {
	if s.BinDir != "" {
		b, err := s.examine(ctx, s.BinDir, major)
		if errors.Is(err, ErrVersion) && major != 0 {
			return binaries{}, []string{err.Error()}, nil
		}
		if err != nil {
			return binaries{}, nil, fmt.Errorf("pglocal: PG_BIN_DIR: %w", err)
		}
		return b, nil, nil
	}
	for _, dir := range s.localDirs() {
		b, err := s.examine(ctx, dir, major)
		if err == nil {
			return b, nil, nil
		}
		tried = append(tried, err.Error())
	}
	if len(tried) == 0 {
		tried = append(tried, "no initdb and postgres in PATH or where packages put them")
	}
	dir, err := s.download(ctx, major)
	if err == nil {
		var b binaries
		if b, err = s.examine(ctx, dir, major); err == nil {
			b.source = Downloaded
			return b, nil, nil
		}
	}
	if errors.Is(err, ErrChecksum) || ctx.Err() != nil {
		return binaries{}, nil, fmt.Errorf("pglocal: %w", err)
	}
	return binaries{}, append(tried, err.Error()), nil
}

// localDirs lists the directories with server programs: those of PATH in its order, then the packages' newest first.
func (s *starter) localDirs() []string {
	var dirs []string
	seen := map[string]bool{}
	add := func(dir string) {
		if _, err := os.Stat(filepath.Join(dir, "initdb"+exe)); err != nil {
			return
		}
		if _, err := os.Stat(filepath.Join(dir, "postgres"+exe)); err != nil {
			return
		}
		real, err := filepath.EvalSymlinks(dir)
		if err != nil || seen[real] {
			return
		}
		seen[real] = true
		dirs = append(dirs, dir)
	}
	for _, dir := range filepath.SplitList(s.path) {
		if filepath.IsAbs(dir) {
			add(dir)
		}
	}
	var packages []string
	for _, pattern := range s.globs {
		match, _ := filepath.Glob(pattern)
		packages = append(packages, match...)
	}
	slices.SortStableFunc(packages, func(a, b string) int { return cmp.Compare(versionIn(b), versionIn(a)) })
	for _, dir := range packages {
		add(dir)
	}
	return dirs
}

var number = regexp.MustCompile(`\d+(\.\d+)?`)

// versionIn is the version in a path like /usr/lib/postgresql/15/bin, 0 when it names none.
func versionIn(path string) float64 {
	all := number.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	v, err := strconv.ParseFloat(all[len(all)-1], 64)
	if err != nil {
		return 0
	}
	return v
}

var serverVersion = regexp.MustCompile(`PostgreSQL\) (\d+)`)

// examine runs the server's program for its version, as the account that will run it: that also proves that the account
// may execute it and that its libraries are here.
func (s *starter) examine(ctx context.Context, dir string, major int) (binaries, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(dir, name+exe)); err != nil {
			return binaries{}, err
		}
	}
	program := filepath.Join(dir, "postgres"+exe)
	cmd := exec.CommandContext(ctx, program, "--version")
	cmd.Env, cmd.SysProcAttr, cmd.Dir = cleanEnv(), s.account.attributes(), s.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return binaries{}, fmt.Errorf("%s does not run here: %w %s", program, err, strings.TrimSpace(string(out)))
	}
	m := serverVersion.FindSubmatch(out)
	if m == nil {
		return binaries{}, fmt.Errorf("%s does not say its version: %q", program, out)
	}
	found, err := strconv.Atoi(string(m[1]))
	switch {
	case err != nil:
		return binaries{}, fmt.Errorf("%s: %w", program, err)
	case major != 0 && found != major:
		return binaries{}, fmt.Errorf("%s is PostgreSQL %d, the data is of %d: %w", program, found, major, ErrVersion)
	case major == 0 && found < oldestMajor:
		return binaries{}, fmt.Errorf("%s is PostgreSQL %d, older than %d: %w", program, found, oldestMajor, ErrVersion)
	}
	return binaries{dir: dir, major: found, source: Local}, nil
}
