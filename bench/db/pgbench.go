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
// The second result is how many calls its busiest client made.
func pgbench(ctx context.Context, c *pglocal.Cluster, url, dir, script string, clients, start int, length time.Duration) (sample, int, error) {
	logs, err := os.MkdirTemp(dir, "log")
	if err != nil {
		return sample{}, 0, err
	}
	defer os.RemoveAll(logs)
	file := filepath.Join(logs, "script.sql")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		return sample{}, 0, err
	}
	if err := os.Chmod(logs, 0o777); err != nil { // the server's account runs it
		return sample{}, 0, err
	}
	cmd := c.Command(ctx, "pgbench", "--no-vacuum", "--protocol=prepared", "--file="+file, fmt.Sprintf("--client=%d", clients), "--jobs=2",
		fmt.Sprintf("--time=%d", int(loaded(length).Seconds())), "--log", "--log-prefix="+filepath.Join(logs, "t"), fmt.Sprintf("--define=clients=%d", clients),
		fmt.Sprintf("--define=k=%d", start/clients+1), fmt.Sprintf("--define=base=%d", idNow()), url)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "aborted") {
		return sample{}, 0, fmt.Errorf("pgbench: %v: %s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(logs, "t.*"))
	if err != nil {
		return sample{}, 0, err
	}
	var calls []call
	most := 0
	for _, name := range files {
		if calls, most, err = readLog(name, calls, most); err != nil {
			return sample{}, 0, err
		}
	}
	s, err := steady(calls, length)
	return s, most, err
}

// readLog adds what pgbench's log of transactions says: client, number, how long it took in microseconds, script, and when it ended in
// seconds and microseconds. most is the highest number of a client's.
func readLog(name string, calls []call, most int) ([]call, int, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 {
			return nil, 0, fmt.Errorf("pgbench's log: %q", lines.Text())
		}
		var n [6]int64
		for i := range n {
			if n[i], err = strconv.ParseInt(fields[i], 10, 64); err != nil {
				return nil, 0, fmt.Errorf("pgbench's log: %w", err)
			}
		}
		most = max(most, int(n[1]))
		calls = append(calls, call{ended: time.Unix(n[4], n[5]*1000), took: time.Duration(n[2]) * time.Microsecond})
	}
	return calls, most, nil
}

// idNow is the first id of the present millisecond, as the program makes them.
func idNow() int64 {
	const epoch, bits = 1577836800000, 22
	return (time.Now().UnixMilli() - epoch) << bits
}
