package store

import (
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// InClear tells whether connections of a URL may go to another machine without TLS: with sslmode disable, allow or prefer, which is what holds
// where nothing is said. A socket or a loopback address is this machine. It returns an error for what is no connection URL.
func InClear(url string) (bool, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return false, redactedURLError(err)
	}
	for _, way := range append([]*pgconn.FallbackConfig{{Host: config.Host, TLSConfig: config.TLSConfig}}, config.Fallbacks...) {
		if way.TLSConfig == nil && !thisMachine(way.Host) {
			return true, nil
		}
	}
	return false, nil
}

// thisMachine tells whether a host of a connection URL is a socket or a loopback address.
func thisMachine(host string) bool {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" || (err == nil && ip.IsLoopback())
}
