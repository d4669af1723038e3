package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrLocked says that another process (or another part of this one) holds a conflicting lock.
var ErrLocked = errors.New("locked by another process")

// Lock is an advisory lock on a file. The kernel frees it when its holder dies, however it dies. The file stays: deleting
// it would let two holders lock two files of one name.
type Lock struct{ file *os.File }

// TryLock takes the lock at path, exclusive or shared, or returns ErrLocked at once.
func TryLock(path string, shared bool) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	if err := lockFile(f, shared); err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{file: f}, nil
}

// AcquireLock waits for the lock at path until ctx ends.
func AcquireLock(ctx context.Context, path string, shared bool) (*Lock, error) {
	for {
		l, err := TryLock(path, shared)
		if !errors.Is(err, ErrLocked) {
			return l, err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return nil, fmt.Errorf("waiting for %s: %w", path, err)
		}
	}
}

// Release frees the lock. A nil Lock is free already.
func (l *Lock) Release() {
	if l != nil {
		l.file.Close()
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
