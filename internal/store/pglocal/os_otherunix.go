//go:build unix && !linux

package pglocal

import (
	"os/exec"
	"strconv"
	"strings"
)

// startTied starts cmd. No signal follows this process's death here: the next start adopts the orphan and owns it.
func startTied(cmd *exec.Cmd) (*process, error) { return startLoose(cmd) }

func alive(pid int) bool { return pidTaken(pid) }

// isPostmaster reports whether pid may be a postmaster, by its name; what cannot be seen counts as yes.
func isPostmaster(pid int, _ string) bool {
	out, err := exec.Command("ps", "-o", "comm=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return true
	}
	return strings.Contains(string(out), "postgres") || strings.Contains(string(out), "postmaster")
}
