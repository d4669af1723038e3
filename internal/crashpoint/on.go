//go:build crashpoints

package crashpoint

import (
	"os"
	"path/filepath"
)

// Reach ends the process as SIGKILL does, if the point is armed: if a file of its name is in the directory CRASHPOINT_DIR.
// Of several processes that reach it at once, the one that could remove the file ends.
func Reach(p Point) {
	dir := os.Getenv("CRASHPOINT_DIR")
	if dir == "" || os.Remove(filepath.Join(dir, string(p))) != nil {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil || self.Kill() != nil {
		os.Exit(137)
	}
	select {} // the signal is on its way
}
