//go:build !planted

package planted

// Is is false: this binary has no planted bug.
func Is(Bug) bool { return false }

// Hear does nothing in this binary.
func Hear(string, []byte) {}

// Heard knows nothing in this binary.
func Heard(string) (amount int64, heard bool) { return 0, false }

// Cached reads, in this binary.
func Cached[T any](_ int64, read func() (T, error)) (T, error) { return read() }
