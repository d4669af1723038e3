package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// measured is one request of the comparison.
type measured struct {
	name, path, body string
}

var requests = []measured{
	{"page", pagePath + "?pageNum=1&pageSize=10", ""},
	{"profile", profilePath, profileBody},
}

// sample is what one contender did with one request in one round.
type sample struct {
	perProcessorSecond float64
	p99                time.Duration
}

var (
	wrkTotal = regexp.MustCompile(`(\d+) requests in`)
	wrkP99   = regexp.MustCompile(`99%\s+([\d.]+(?:us|ms|s))`)
)

// load asks a contender for the same thing over 16 connections from the second core.
func load(ctx context.Context, p *process, m measured, dir string, d time.Duration) (sample, error) {
	script := fmt.Sprintf("wrk.headers[\"Authorization\"] = \"Bearer %s\"\n", bearer)
	if m.body != "" {
		script += fmt.Sprintf("wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = %q\n", m.body)
	}
	file := filepath.Join(dir, m.name+".lua")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return sample{}, err
	}
	before, err := p.processor()
	if err != nil {
		return sample{}, err
	}
	out, err := exec.CommandContext(ctx, "taskset", "-c", "1", "wrk", "-t1", "-c16", "--latency", fmt.Sprintf("-d%ds", int(d.Seconds())), "-s", file, p.base+m.path).CombinedOutput()
	if err != nil {
		return sample{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	after, err := p.processor()
	if err != nil {
		return sample{}, err
	}
	text := string(out)
	if strings.Contains(text, "Non-2xx") || strings.Contains(text, "Socket errors") {
		return sample{}, fmt.Errorf("some requests failed:\n%s", text)
	}
	total, p99 := wrkTotal.FindStringSubmatch(text), wrkP99.FindStringSubmatch(text)
	if total == nil || p99 == nil {
		return sample{}, fmt.Errorf("wrk said:\n%s", text)
	}
	n, err := strconv.ParseFloat(total[1], 64)
	if err != nil {
		return sample{}, err
	}
	slow, err := time.ParseDuration(p99[1])
	if err != nil {
		return sample{}, err
	}
	return sample{perProcessorSecond: n / (after - before).Seconds(), p99: slow}, nil
}
