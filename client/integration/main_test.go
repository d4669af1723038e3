//go:build integration

package integration

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain starts the server that CREDITPOCKET_BIN names, with the PostgreSQL and the gateway simulator it starts itself, unless
// BASE_URL names one that runs.
func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "integration:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	binary := os.Getenv("CREDITPOCKET_BIN")
	if binary == "" || os.Getenv("BASE_URL") != "" {
		return m.Run(), nil
	}
	data, err := os.MkdirTemp("", "creditpocket-sdk-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(data)
	addr, simulator := freePort(), freePort()
	log, err := os.CreateTemp(data, "server-*.log")
	if err != nil {
		return 0, err
	}
	defer log.Close()
	cmd := exec.Command(binary, "serve")
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "CP_") && !strings.HasPrefix(entry, "DATABASE_URL=") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	cmd.Env = append(cmd.Env, "CP_ADDR="+addr, "CP_SIMULATOR_ADDR="+simulator, "CP_DATA_DIR="+data, "CP_LIMITS=off",
		"CP_PAYOUT_HOLD=200ms", "CP_SIMULATOR_TRANSFER_TIME=300ms")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	}()
	base := "http://" + addr
	if err := ready(base, 90*time.Second); err != nil {
		text, _ := os.ReadFile(log.Name())
		return 0, fmt.Errorf("%w\n%s", err, text)
	}
	if err := os.Setenv("BASE_URL", base); err != nil {
		return 0, err
	}
	code := m.Run()
	if code != 0 {
		if _, err := log.Seek(0, io.SeekStart); err == nil {
			_, _ = io.Copy(os.Stderr, log)
		}
	}
	return code, nil
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

func ready(base string, limit time.Duration) error {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(base + "/readyz")
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("the server is not ready after %s", limit)
}
