package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// live is a development server with a database and a gateway simulator of its own, on loopback.
type live struct {
	base             string
	mobile, password string // of a borrower whose loan is repaid
	stop             func()
}

// startServer starts the built binary, and walks a borrower through a loan where asked.
func (c *checkout) startServer(ctx context.Context, borrower bool) (*live, error) {
	addr := freePort()
	l, err := c.start(ctx, addr, []string{"CP_ADDR=" + addr, "CP_SIMULATOR_ADDR=" + freePort(), "CP_OPS_ADDR=" + freePort(), "CP_LIMITS=off", "CP_PAYOUT_HOLD=200ms",
		"CP_SIMULATOR_TRANSFER_TIME=300ms"}, "serve")
	if err != nil || !borrower {
		return l, err
	}
	if err := l.walk(ctx, c.binary()); err != nil {
		l.stop()
		return nil, err
	}
	return l, nil
}

// startMock starts the server that answers from the contract's examples.
func (c *checkout) startMock(ctx context.Context) (*live, error) {
	addr := freePort()
	return c.start(ctx, addr, nil, "mock", "--addr", addr)
}

func (c *checkout) binary() string { return c.path("bin", "creditpocket") }

// start runs the built binary until stop, with a data directory of its own. It listens at addr.
func (c *checkout) start(ctx context.Context, addr string, env []string, args ...string) (*live, error) {
	if _, err := os.Stat(c.binary()); err != nil {
		return nil, fmt.Errorf("make build first: %w", err)
	}
	data, err := os.MkdirTemp("", "creditpocket-contract-")
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(data, "server.log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(c.binary(), args...)
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "CP_") && !strings.HasPrefix(entry, "DATABASE_URL=") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	cmd.Env = append(append(cmd.Env, "CP_DATA_DIR="+data), env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	l := &live{base: "http://" + addr, stop: func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		kill.Stop()
		_ = log.Close()
		_ = os.RemoveAll(data)
	}}
	if err := l.ready(ctx, 5*time.Minute); err != nil {
		text, _ := os.ReadFile(log.Name())
		l.stop()
		return nil, fmt.Errorf("%w\n%s", err, tail(text))
	}
	return l, nil
}

// freePort is an address on loopback that is free, below those ports from which a system takes the ones of outgoing connections and of
// listeners that name none: nobody else is given it before it is used.
func freePort() string {
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	panic("no port is free on loopback")
}

func (l *live) ready(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+"/readyz", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server is not ready after %s", limit)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

var registered = regexp.MustCompile(`"mobile":\s*"(7[0-9]{9})"[^}]*"password":\s*"([^"]+)"|"password":\s*"([^"]+)"[^}]*"mobile":\s*"(7[0-9]{9})"`)

// walk makes the borrower: the demo prints what it sends.
func (l *live) walk(ctx context.Context, binary string) error {
	out, err := command{}.output(ctx, binary, "demo", "--base-url", l.base)
	if err != nil {
		return err
	}
	m := registered.FindSubmatch(out)
	if m == nil {
		return errors.New("the demo shows no login")
	}
	l.mobile, l.password = string(m[1])+string(m[4]), string(m[2])+string(m[3])
	return nil
}

// newMobile is a number that nobody has registered.
func newMobile() string { return fmt.Sprintf("70%08d", rand.IntN(100_000_000)) }

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// code waits for the code that was sent to a number, as the development inbox shows it.
func (l *live) code(ctx context.Context, mobile string) (string, error) {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+"/sms.json?mobile="+mobile, nil)
		if err != nil {
			return "", err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", err
		}
		var inbox struct{ Messages []struct{ Text string } }
		err = json.NewDecoder(resp.Body).Decode(&inbox)
		_ = resp.Body.Close()
		if err != nil {
			return "", err
		}
		for _, m := range inbox.Messages {
			if code := sixDigits.FindString(m.Text); code != "" {
				return code, nil
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("no text message for %s: %w", mobile, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
