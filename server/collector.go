package server

import (
	"os"
	"runtime/debug"
)

// collectAt is how many per cent of what lives may be garbage before it is collected. The contract in its compiled form is most
// of what lives, and is marked at every collection.
const collectAt = 400

// TuneCollector lets a serving process collect its garbage less often than Go's default does: memory of some five times what
// lives, for about a tenth of the processor's time. GOGC in the environment decides instead where it is set; GOMEMLIMIT bounds
// either.
func TuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	debug.FreeOSMemory() // what was only needed to start
}
