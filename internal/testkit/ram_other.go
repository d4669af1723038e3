//go:build !linux

package testkit

// ramDir: no directory in memory is known on this system.
func ramDir() string { return "" }
