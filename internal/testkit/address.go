package testkit

import (
	"fmt"
	"testing"

	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// FreeAddress is an address on loopback for a process that the test starts, and may kill and start again: nobody is given it meanwhile.
func FreeAddress(t testing.TB) string {
	t.Helper()
	port, err := pglocal.FreePort(0)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}
