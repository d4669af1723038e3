package pglocal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// starter is one attempt to start a cluster: what is wanted, what the machine offers, where it happens.
type starter struct {
	Options
	host
	dir     string  // DataDir with links resolved, or root's refuge
	account account // who runs the server
	bin     string  // directory of the server's programs, once found
}

// newStarter resolves the place and the account. It makes DataDir.
func newStarter(o Options, h host) (*starter, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.DataDir, 0o755); err != nil {
		return nil, fmt.Errorf("pglocal: data directory: %w", err)
	}
	s := &starter{Options: o, host: h}
	if s.dir, err = filepath.EvalSymlinks(o.DataDir); err != nil {
		return nil, fmt.Errorf("pglocal: data directory: %w", err)
	}
	if _, err := os.Stat(s.file("PG_VERSION")); err == nil {
		return nil, fmt.Errorf("pglocal: %s is itself a PostgreSQL data directory: %w. Name its parent, or a new directory", s.dir, ErrForeign)
	}
	if s.account, err = serverAccount(s.data()); err != nil {
		return nil, err
	}
	if s.account.reaches(s.dir) {
		return s, nil
	}
	return s, s.takeRefuge()
}

// takeRefuge moves a cluster that is still to be made to where the server's account can reach it: root's checkout is
// often under /root, which is closed to everybody else.
func (s *starter) takeRefuge() error {
	if _, err := os.Lstat(s.data()); err == nil {
		return fmt.Errorf("pglocal: the owner of %s (user %s) cannot reach it: open the directories above it (chmod o+x), or choose another data directory", s.data(), s.account.name)
	}
	closed := s.dir
	s.dir = filepath.Join(s.refuge, "pg-"+digest(closed))
	err := os.MkdirAll(s.dir, 0o755)
	if err == nil {
		s.account, err = serverAccount(s.data())
	}
	if err == nil && !s.account.reaches(s.dir) {
		err = fmt.Errorf("%s is closed to it too", s.dir)
	}
	if err != nil {
		return fmt.Errorf("pglocal: the server's account %q cannot reach %s: %w. Choose a data directory it can reach", s.account.name, closed, err)
	}
	s.Log.Warn("the server's account cannot reach the data directory: the cluster lives elsewhere", "account", s.account.name, "wanted", closed, "data", s.dir)
	return os.WriteFile(filepath.Join(closed, "location"), []byte(s.dir+"\n"), 0o644)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

func (s *starter) file(name string) string    { return filepath.Join(s.dir, name) }
func (s *starter) data() string               { return s.file("data") }
func (s *starter) logFile() string            { return s.file("postgres.log") }
func (s *starter) program(name string) string { return filepath.Join(s.bin, name+exe) }

// dataMajor is the major version of the data directory, 0 when there is none yet.
func (s *starter) dataMajor() (int, error) {
	text, err := os.ReadFile(filepath.Join(s.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(s.data())
		if err == nil && len(entries) > 0 {
			return 0, fmt.Errorf("pglocal: %s is not empty and has no PG_VERSION: %w. It was not touched; choose another data directory", s.data(), ErrForeign)
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("pglocal: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("pglocal: %s is of version %q: %w", s.data(), strings.TrimSpace(string(text)), ErrVersion)
	}
	return major, nil
}

// password returns the superuser's password, made once.
func (s *starter) password() (string, error) {
	text, err := os.ReadFile(s.file("password"))
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("pglocal: %w", err)
	}
	if _, err := os.Stat(filepath.Join(s.data(), "PG_VERSION")); err == nil {
		return "", fmt.Errorf("pglocal: %s is missing beside existing data: %w. Put it back; the data was not touched", s.file("password"), ErrForeign)
	}
	pw := rand.Text()
	return pw, s.write("password", pw+"\n", 0o600)
}

// write puts a small file in place whole or not at all.
func (s *starter) write(name, text string, mode os.FileMode) error {
	f, err := os.CreateTemp(s.dir, name+".*")
	if err != nil {
		return fmt.Errorf("pglocal: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), s.file(name))
	}
	if err != nil {
		return fmt.Errorf("pglocal: %w", err)
	}
	return nil
}

func (s *starter) savedPort() int {
	text, err := os.ReadFile(s.file("port"))
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || port < 1 || port > 65535 {
		return 0
	}
	return port
}

func (s *starter) savePort(port int) error {
	if s.savedPort() == port {
		return nil
	}
	return s.write("port", strconv.Itoa(port)+"\n", 0o644)
}

func (s *starter) savedBin() string {
	text, err := os.ReadFile(s.file("bin"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func (s *starter) saveBin() error {
	if s.savedBin() == s.bin {
		return nil
	}
	return s.write("bin", s.bin+"\n", 0o644)
}

// url is the connection string of a database.
func (s *starter) url(port int, database string) (string, error) {
	pw, err := s.password()
	return connectionURL(pw, port, database), err
}

func connectionURL(password string, port int, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, password), Path: "/" + database,
		Host: "127.0.0.1:" + strconv.Itoa(port), RawQuery: "sslmode=disable",
	}
	return u.String()
}
