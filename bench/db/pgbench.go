//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// pgbench runs a script with prepared statements from so many clients. start is the first number of a call.
func pgbench(ctx context.Context, c *pglocal.Cluster, url, dir, script string, clients, start int, length time.Duration) (sample, error) {
	logs, err := os.MkdirTemp(dir, "log")
	if err != nil {
		return sample{}, err
	}
	defer os.RemoveAll(logs)
	file := filepath.Join(logs, "script.sql")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		return sample{}, err
	}
	if err := os.Chmod(logs, 0o777); err != nil { // the server's account runs it
		return sample{}, err
	}
	cmd := c.Command(ctx, "pgbench", "--no-vacuum", "--protocol=prepared", "--file="+file, fmt.Sprintf("--client=%d", clients), "--jobs=2",
		fmt.Sprintf("--time=%d", int(length.Seconds())), "--log", "--log-prefix="+filepath.Join(logs, "t"), fmt.Sprintf("--define=clients=%d", clients),
		fmt.Sprintf("--define=k=%d", start/clients+1), fmt.Sprintf("--define=base=%d", idNow()), url)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "aborted") {
		return sample{}, fmt.Errorf("pgbench: %v: %s", err, out)
	}
	var s sample
	files, err := filepath.Glob(filepath.Join(logs, "t.*"))
	if err != nil {
		return s, err
	}
	for _, name := range files {
		if err := s.readLog(name); err != nil {
			return s, err
		}
	}
	s.rate = float64(len(s.times)) / length.Seconds()
	return s, nil
}

// readLog adds the latencies of pgbench's log of transactions: client, number, microseconds, and more.
func (s *sample) readLog(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 {
			return fmt.Errorf("pgbench's log: %q", lines.Text())
		}
		micros, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return err
		}
		number, err := strconv.Atoi(fields[1])
		if err != nil {
			return err
		}
		s.most = max(s.most, number)
		s.times = append(s.times, time.Duration(micros)*time.Microsecond)
	}
	return nil
}

// idNow is the first id of the present millisecond, as the program makes them.
func idNow() int64 {
	const epoch, bits = 1577836800000, 22
	return (time.Now().UnixMilli() - epoch) << bits
}
