package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/creditpocket/creditpocket/server"
)

// MockHelp says how to ask the mock for an answer.
const MockHelp = `Every operation answers the first example of its success. The header Prefer asks for another one:

  Prefer: code=409                          the first example of a status
  Prefer: example=OPEN_LOAN_EXISTS          an example by its name; those of errors are named by their reason
  Prefer: code=200, example=needsConfirmation

Requests are checked as the real server checks them. Any token of 43 letters and digits is a session; nothing is remembered.`

// Mock serves the contract's examples until ctx ends. browsers lets pages of this machine call it.
func Mock(ctx context.Context, addr string, browsers bool, out io.Writer) error {
	started := time.Now()
	s, err := server.NewMock(server.Config{Development: true, Version: BuildVersion()}, slog.New(slog.NewTextHandler(os.Stderr, nil)), browsers)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The mock of the contract answers at http://%s after %d ms; docs at /docs.\n\n%s\n\nready\n", listener.Addr(), time.Since(started).Milliseconds(), MockHelp)
	return s.Serve(ctx, listener)
}
