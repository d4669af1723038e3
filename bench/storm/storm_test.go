package storm_test

import (
	"context"
	"testing"

	"github.com/creditpocket/creditpocket/bench/storm"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

func database(t *testing.T) string {
	t.Helper()
	return testkit.Database(t, func(ctx context.Context, url string) error {
		return nil
	}, "empty")
}

// TestStorm is the short form of `make storm`.
func TestStorm(t *testing.T) {
	for _, isolation := range []store.Isolation{store.ReadCommitted, store.Serializable} {
		r, err := storm.Run(t.Context(), storm.Options{URL: database(t), Calls: 3000, Seed: 1, Isolation: isolation})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %+v", isolation, r)
		if err := r.Err(); err != nil {
			t.Errorf("%s: %v", isolation, err)
		}
		for point, n := range r.Cuts {
			if n == 0 {
				t.Errorf("%s: no connection was cut at %s: the storm shows too little", isolation, point)
			}
		}
		if r.Counts.Retries["connection"] == 0 || r.Counts.CommitsUnknown == 0 {
			t.Errorf("%s: %+v", isolation, r.Counts)
		}
	}
}

// The storm can fail: the naive way doubles in it.
func TestTheNaiveWayDoubles(t *testing.T) {
	r, err := storm.Control(t.Context(), storm.Options{URL: database(t), Calls: 3000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	if r.Doubled == 0 {
		t.Error("nothing was doubled: the storm would not see it in the store either")
	}
}
