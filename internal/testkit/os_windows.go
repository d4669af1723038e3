package testkit

import (
	"os"
	"syscall"
)

func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// mine: the temporary directory is the user's own here.
func mine(os.FileInfo) bool { return true }
