//go:build linux

package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// Binary builds the server and returns its path.
func (r *Rig) Binary(ctx context.Context) (string, error) {
	binary := r.Path("creditpocket")
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "github.com/creditpocket/creditpocket/server/cmd/creditpocket").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return binary, nil
}

// FreeAddr is an address on loopback that nobody listens on, and that nobody is given while a process that has it is down.
func FreeAddr() (string, error) {
	port, err := pglocal.FreePort(0)
	return fmt.Sprintf("127.0.0.1:%d", port), err
}

// Process is one process of the real binary. Its methods are for one goroutine at a time, but for Log.
type Process struct {
	Addr    string
	Name    string
	binary  string
	environ []string
	logFile string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan error
}

// Serve prepares a server process that is not started yet. The processes of a rig share a data directory (the development key,
// photographs, the inbox of text messages), as replicas share their database and their store of photographs. env are settings over the
// rig's own.
func (r *Rig) Serve(binary, name string, env ...string) (*Process, error) {
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	p := &Process{Addr: addr, Name: name, binary: binary, logFile: r.Path(name + ".log")}
	for _, kept := range os.Environ() {
		if !strings.HasPrefix(kept, "CP_") && !strings.HasPrefix(kept, "DATABASE_URL=") {
			p.environ = append(p.environ, kept)
		}
	}
	p.environ = append(p.environ, "CP_ADDR="+addr, "CP_OPS_ADDR=", "CP_DATA_DIR="+r.Path("data"), "CP_LIMITS=off", "CP_PAYOUT_HOLD=300ms")
	p.environ = append(p.environ, env...)
	r.AtEnd(func(context.Context) error { p.Kill(); return nil })
	return p, nil
}

// Base is the process's URL.
func (p *Process) Base() string { return "http://" + p.Addr }

// Start runs the process and returns when it says it is ready.
func (p *Process) Start(ctx context.Context) error {
	log, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(p.binary, "serve")
	cmd.Env, cmd.Stdout, cmd.Stderr = p.environ, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	p.mu.Lock()
	p.cmd, p.exited = cmd, exited
	p.mu.Unlock()
	var ended error
	err = Until(ctx, time.Minute, p.Name+" to be ready", func() bool {
		select {
		case ended = <-exited:
			exited <- ended
			ended = fmt.Errorf("%s ended: %w", p.Name, errors.Join(ended, errors.New(p.tail())))
			return true
		default:
		}
		return p.Ready(ctx)
	})
	return errors.Join(err, ended)
}

// StartTimed starts the process and says how long it took to be ready, to a few milliseconds.
func (p *Process) StartTimed(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	ready := make(chan time.Duration, 1)
	asking, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for asking.Err() == nil && !p.Ready(asking) {
			time.Sleep(2 * time.Millisecond)
		}
		ready <- time.Since(began)
	}()
	if err := p.Start(ctx); err != nil {
		return 0, err
	}
	return <-ready, nil
}

// Ready asks /readyz.
func (p *Process) Ready(ctx context.Context) bool {
	status, _, err := get(ctx, p.Base()+"/readyz")
	return err == nil && status == http.StatusOK
}

// Terminate asks the process to stop in order, and returns an error when it does not within the time or says that it failed.
func (p *Process) Terminate(limit time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-p.exited:
		p.cmd = nil
		if err != nil {
			return fmt.Errorf("%s did not stop in order: %w: %s", p.Name, err, p.tail())
		}
		return nil
	case <-time.After(limit):
		return fmt.Errorf("%s still runs %s after SIGTERM", p.Name, limit)
	}
}

// Kill ends the process with SIGKILL.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		<-p.exited
		p.cmd = nil
	}
}

// Command runs another command of the binary with the process's settings, and returns what it printed.
func (p *Process) Command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Env = p.environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("creditpocket %s: %w: %s", strings.Join(args, " "), err, tail(string(out), 2000))
	}
	return string(out), err
}

// Log is everything the process wrote.
func (p *Process) Log() string {
	text, _ := os.ReadFile(p.logFile)
	return string(text)
}

func (p *Process) tail() string { return tail(p.Log(), 2000) }

func tail(text string, n int) string {
	if len(text) > n {
		text = "…" + text[len(text)-n:]
	}
	return text
}

// Pid is the number of the running process, 0 for none.
func (p *Process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Resident is the memory of the running process, in MiB, pages of the binary included.
func (p *Process) Resident() (int64, error) { return p.memory("VmRSS:") }

// ResidentOwn is that without pages of files, which all processes of the binary share.
func (p *Process) ResidentOwn() (int64, error) { return p.memory("RssAnon:") }

func (p *Process) memory(line string) (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid()))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(raw), line)
	var kib int64
	_, err = fmt.Sscan(rest, &kib)
	return (kib + 1023) >> 10, err
}

// Metric adds up the samples of a metric of the process.
func (p *Process) Metric(ctx context.Context, name string) (sum float64, err error) {
	_, body, err := get(ctx, p.Base()+"/metrics")
	if err != nil {
		return 0, err
	}
	for _, m := range regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(name)+`(?:\{[^}]*\})? (\S+)$`).FindAllStringSubmatch(body, -1) {
		v, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

func get(ctx context.Context, url string) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}

// Repository is the root of the checkout that the drill runs in.
func Repository() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("not in a checkout of the repository")
		}
	}
	return "", err
}
