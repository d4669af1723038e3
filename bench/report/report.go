// Package report writes what a measurement found into a page of docs: each measurement owns the part of the page between two marks, with the commit, the date and the machine it was taken on.
package report

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Page is the file that the measurements of speed write.
const Page = "docs/performance.md"

// Write replaces the part of Page that is named.
func Write(ctx context.Context, name, text string) error { return WriteIn(ctx, Page, name, text) }

// WriteIn replaces the part of a page that is named. A part that is not there yet goes to the end.
func WriteIn(ctx context.Context, file, name, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	first, last := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
	part := first + "\n" + strings.TrimSpace(text) + "\n\n" + Circumstances(ctx) + "\n\n" + last
	page := string(old)
	start, end := strings.Index(page, first), strings.Index(page, last)
	if start < 0 || end < start {
		page = strings.TrimRight(page, "\n") + "\n\n" + part
	} else {
		page = page[:start] + part + page[end+len(last):]
	}
	return os.WriteFile(file, []byte(page), 0o644)
}

// Circumstances says in one line on what a figure was taken.
func Circumstances(ctx context.Context) string {
	commit := "an unknown commit"
	if out, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		commit = strings.TrimSpace(string(out))
		if out, err = exec.CommandContext(ctx, "git", "status", "--porcelain", "--", "*.go", "*.sql", "go.mod").Output(); err == nil && len(out) > 0 {
			commit += " and changes"
		}
	}
	return fmt.Sprintf("*%s, commit %s, %s, %d cores, %s.*", time.Now().UTC().Format("2006-01-02 15:04 UTC"), commit, runtime.Version(), runtime.NumCPU(), Memory())
}

// Memory is how much memory the machine has, in words.
func Memory() string {
	raw, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "memory not known"
	}
	var kib int64
	if _, err := fmt.Sscanf(string(raw), "MemTotal: %d kB", &kib); err != nil {
		return "memory not known"
	}
	return fmt.Sprintf("%d GiB of memory", (kib+1<<19)>>20)
}
