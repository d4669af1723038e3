//go:build linux

package rig

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// deployed reads a file of deploy/ and replaces its lines that begin with one of the given words.
func deployed(name string, replace map[string]string) (string, error) {
	root, err := Repository()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(root, "deploy", name))
	if err != nil {
		return "", err
	}
	var lines []string
	used := map[string]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		with, ok := replace[word]
		switch {
		case !ok:
			lines = append(lines, line)
		case !used[word]:
			used[word] = true
			lines = append(lines, with)
		}
	}
	for word := range replace {
		if !used[word] {
			return "", fmt.Errorf("deploy/%s has no line that begins with %q", name, word)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// front runs a program of Debian's that stands between; it ends with the rig.
func (r *Rig) front(program string, args ...string) error {
	path, err := exec.LookPath(program)
	if err != nil {
		return fmt.Errorf("%w (Debian: apt-get install %s)", err, program)
	}
	log, err := os.Create(r.Path(program + ".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	r.AtEnd(func(context.Context) error {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		return nil
	})
	return nil
}

// Balance starts haproxy with the repository's configuration in front of processes, and returns its base URL.
func (r *Rig) Balance(ctx context.Context, processes ...*Process) (string, error) {
	addr, err := FreeAddr()
	if err != nil {
		return "", err
	}
	var servers []string
	for _, p := range processes {
		servers = append(servers, fmt.Sprintf("    server %s %s", p.Name, p.Addr))
	}
	text, err := deployed("haproxy.cfg", map[string]string{"bind": "    bind " + addr, "server": strings.Join(servers, "\n"), "user": "", "group": ""})
	if err != nil {
		return "", err
	}
	file := r.Path("haproxy.cfg")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		return "", err
	}
	if err := r.front("haproxy", "-db", "-f", file); err != nil {
		return "", err
	}
	base := "http://" + addr
	err = Until(ctx, 10*time.Second, "the balancer", func() bool {
		status, _, err := get(ctx, base+"/readyz")
		return err == nil && status == 200
	})
	if err != nil {
		log, _ := os.ReadFile(r.Path("haproxy.log"))
		err = fmt.Errorf("%w: %s", err, tail(string(log), 1000))
	}
	return base, err
}

// Pool starts pgbouncer with the repository's configuration in front of a cluster, and returns the connection URL through it.
func (r *Rig) Pool(ctx context.Context, c *pglocal.Cluster) (string, error) {
	addr, err := FreeAddr()
	if err != nil {
		return "", err
	}
	u, err := url.Parse(c.URL())
	if err != nil {
		return "", errors.New("the cluster's URL does not parse")
	}
	password, _ := u.User.Password()
	dir := r.Path("pgbouncer")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	port := addr[strings.LastIndexByte(addr, ':')+1:]
	text, err := deployed("pgbouncer.ini", map[string]string{
		"creditpocket": fmt.Sprintf("creditpocket = host=127.0.0.1 port=%d dbname=creditpocket", c.Port()),
		"listen_addr":  "listen_addr = 127.0.0.1", "listen_port": "listen_port = " + port, "auth_file": "auth_file = " + filepath.Join(dir, "users.txt"),
		"unix_socket_dir": "unix_socket_dir =", "pidfile": "", "logfile": "",
	})
	if err != nil {
		return "", err
	}
	for name, content := range map[string]string{"pgbouncer.ini": text, "users.txt": fmt.Sprintf("%q %q\n", u.User.Username(), password)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return "", err
		}
	}
	args := []string{filepath.Join(dir, "pgbouncer.ini")}
	if os.Geteuid() == 0 { // it refuses root, as PostgreSQL does
		if err := c.Lend(dir); err != nil {
			return "", err
		}
		args = append([]string{"-u", "postgres"}, args...)
	}
	if err := r.front("pgbouncer", args...); err != nil {
		return "", err
	}
	u.Host = addr
	err = Until(ctx, 10*time.Second, "the pooler", func() bool {
		_, err := Query(ctx, u.String()+"&default_query_exec_mode=simple_protocol", "SELECT 'x'")
		return err == nil
	})
	if err != nil {
		log, _ := os.ReadFile(r.Path("pgbouncer.log"))
		err = fmt.Errorf("%w: %s", err, tail(string(log), 1000))
	}
	return u.String(), err
}
