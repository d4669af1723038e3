package testkit

import "syscall"

// ramDir is a directory in memory with room for the tests, or "". Containers often have one of 64 MB, which is too small.
func ramDir() string {
	const dir, writable, room = "/dev/shm", 2, 1 << 30
	var fs syscall.Statfs_t
	if syscall.Access(dir, writable) != nil || syscall.Statfs(dir, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < room {
		return ""
	}
	return dir
}
