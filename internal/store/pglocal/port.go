package pglocal

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports from firstPort on, below those from which systems take the ports of outgoing connections and of listeners that name none: between the
// choice and its use, and while a server that keeps its port is down, nobody else is given one of these.
const (
	firstPort = 20_000
	ports     = 10_000
)

// FreePort returns the preferred port if it is free on loopback (0: none is preferred), else another one that is. The error says that there
// is none.
func FreePort(preferred int) (port int, err error) {
	candidates := []int{}
	if preferred > 0 {
		candidates = append(candidates, preferred)
	}
	for range 50 {
		candidates = append(candidates, firstPort+rand.IntN(ports)) // #nosec G404 -- spreads ports, keeps no secret
	}
	for _, port := range append(candidates, 0) { // 0: the system chooses
		var l net.Listener
		if l, err = net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			port = l.Addr().(*net.TCPAddr).Port
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("pglocal: no free port on loopback: %w", err)
}
