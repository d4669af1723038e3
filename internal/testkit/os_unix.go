//go:build unix

package testkit

import (
	"os"
	"syscall"
)

// detached starts a process that neither Ctrl-C nor the end of its starter reaches.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func mine(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}
