//go:build integration

package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

// How long a retry sleep goes on after its context was cancelled, on the machine's clock. Half of all must end within 10 ms, which leaves
// the other half to a machine that has other things to do; that it takes no time by itself, TestRetrySleepWakesOnCancel shows.
func TestCancelIsMeasured(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(nil)
	const rounds = 200
	var took []time.Duration
	for range rounds {
		srv.Script("listBanks", creditpockettest.TooMany(30*time.Second))
		ctx, cancel := context.WithCancel(t.Context())
		before, ended := len(srv.Calls("listBanks")), make(chan error, 1)
		go func() {
			_, err := c.Banks.List(ctx)
			ended <- err
		}()
		for len(srv.Calls("listBanks")) == before {
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(3 * time.Millisecond) // the answer is in, and the sleep has begun
		cancelled := time.Now()
		cancel()
		err := <-ended
		took = append(took, time.Since(cancelled))
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if !errors.Is(err, creditpocket.ErrRateLimited) {
			took = took[:len(took)-1] // cancelled before the answer was read
		}
	}
	slices.Sort(took)
	if len(took) < rounds/2 {
		t.Fatalf("only %d of %d sleeps had begun", len(took), rounds)
	}
	half, most := took[len(took)/2], took[len(took)-1]
	fmt.Printf("RESULT sdk-cancel sleeps=%d median_us=%d p99_us=%d slowest_us=%d\n", len(took), half.Microseconds(), took[len(took)*99/100].Microseconds(), most.Microseconds())
	if half > 10*time.Millisecond {
		t.Errorf("half of the sleeps took longer than %s after the cancellation", half)
	}
}
