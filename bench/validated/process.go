package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// profileBody is the small POST.
const profileBody = `{"employmentStatus":1,"companyName":"Ikeja Textiles Ltd","position":"Accountant","incomeCode":"3","payDay":25,"companyAddress":"4 Oba Akran Avenue, Ikeja","companyPhone":"012345678"}`

// process is a running contender, pinned to the first core.
type process struct {
	cmd  *exec.Cmd
	base string
	said *bytes.Buffer
}

func start(ctx context.Context, c *contender, data string) (*process, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	if err := l.Close(); err != nil {
		return nil, err
	}
	p := &process{base: "http://" + addr, said: &bytes.Buffer{}}
	args := append([]string{"-c", "0"}, c.command(addr, port, data)...)
	p.cmd = exec.CommandContext(ctx, "taskset", args...)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	p.cmd.Env = append(os.Environ(), "NODE_ENV=production")
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		if status, err := p.ask(ctx, pagePath+"?pageNum=1&pageSize=10", ""); err == nil {
			if status != http.StatusOK {
				p.stop()
				return nil, fmt.Errorf("%s answers %d\n%s", c.name, status, p.said)
			}
			return p, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	p.stop()
	return nil, fmt.Errorf("%s does not start\n%s", c.name, p.said)
}

func (p *process) stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// ask sends one request, a POST where there is a body, and gives the status of the answer.
func (p *process) ask(ctx context.Context, path, body string) (int, error) {
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

// processor is the processor time that the contender has used so far.
func (p *process) processor() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	const user, system, ticks = 11, 12, 100 // after the name; the kernel counts hundredths of a second for programs
	var sum int64
	for _, i := range []int{user, system} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return time.Duration(sum) * time.Second / ticks, nil
}

// resident is the contender's memory in MiB.
func (p *process) resident() int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), "VmRSS:")
	var kib int64
	_, _ = fmt.Sscan(rest, &kib)
	return kib >> 10
}
