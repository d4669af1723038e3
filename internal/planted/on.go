//go:build planted

package planted

import (
	"encoding/json"
	"os"
	"sync"
	"time"
)

// Is says whether the bug is the one that this process was started with.
func Is(b Bug) bool { return os.Getenv("PLANTED") == string(b) }

// What the bugs remember, which no part of the program may.
var (
	heard  sync.Map // reference -> amount
	cached sync.Map // borrower -> reading
)

// Hear keeps the amount that an event claims.
func Hear(reference string, raw []byte) {
	var event struct {
		Data struct {
			Amount int64 `json:"amount"`
		} `json:"data"`
	}
	if json.Unmarshal(raw, &event) == nil && event.Data.Amount > 0 {
		heard.Store(reference, event.Data.Amount)
	}
}

// Heard is the amount that an event claimed.
func Heard(reference string) (int64, bool) {
	amount, ok := heard.Load(reference)
	if !ok {
		return 0, false
	}
	return amount.(int64), true
}

type reading struct {
	what any
	at   time.Time
}

// Cached reads at most every two seconds.
func Cached[T any](who int64, read func() (T, error)) (T, error) {
	if old, ok := cached.Load(who); ok && time.Since(old.(reading).at) < 2*time.Second {
		return old.(reading).what.(T), nil
	}
	now, err := read()
	if err == nil {
		cached.Store(who, reading{now, time.Now()})
	}
	return now, err
}
