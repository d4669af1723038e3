// Package outbound makes the HTTP client of an adapter: one allowed host, no redirect, no proxy, every wait bounded, and
// errors that do not quote what was sent.
//
// It imports the standard library only.
package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var (
	errBase       = errors.New("base URL must be plain https, or http to a loopback address")
	errHost       = errors.New("address is not on the allow-list")
	errTimeout    = errors.New("time-out")
	errConnection = errors.New("connection failed")
	// ErrTooLarge: the answer is longer than the limit.
	ErrTooLarge = errors.New("answer is too large")
)

// ParseBase reads the base URL of a vendor: https, or http to a loopback address; no user, query or fragment. A
// trailing slash is dropped. The error does not quote the URL.
func ParseBase(text string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || base.Hostname() == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errBase
	}
	if base.Scheme == "https" || (base.Scheme == "http" && isLoopback(base.Hostname())) {
		return base, nil
	}
	return nil, errBase
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// NewClient returns a client that dials the host of base and nothing else, and gives a whole call no longer than timeout.
func NewClient(base *url.URL, timeout time.Duration) *http.Client {
	port := base.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[base.Scheme]
	}
	allowed := net.JoinHostPort(base.Hostname(), port)
	dialer := &net.Dialer{Timeout: min(10*time.Second, timeout), KeepAlive: 30 * time.Second}
	return &http.Client{
		Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				if addr != allowed {
					return nil, errHost
				}
				return dialer.DialContext(ctx, network, addr)
			},
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    min(10*time.Second, timeout),
			ResponseHeaderTimeout:  timeout,
			ExpectContinueTimeout:  time.Second,
			IdleConnTimeout:        60 * time.Second,
			MaxIdleConnsPerHost:    16,
			MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2:      true,
		},
	}
}

// Do makes the request and reads the whole answer, at most limit bytes of it. Its errors are Cause's, or ErrTooLarge.
func Do(client *http.Client, req *http.Request, limit int64) (*http.Response, []byte, error) {
	res, err := client.Do(req) // #nosec G704 -- the dialer allows no host but those of the settings
	if err != nil {
		return nil, nil, Cause(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, nil, Cause(err)
	}
	if int64(len(raw)) > limit {
		return nil, nil, ErrTooLarge
	}
	return res, raw, nil
}

// Cause keeps the kind of a transport error and drops its text: *url.Error quotes the URL, and a query may hold an
// account number. The context's own errors survive for errors.Is.
func Cause(err error) error {
	var netErr net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.As(err, &netErr) && netErr.Timeout():
		return errTimeout
	case errors.Is(err, errHost):
		return errHost
	}
	var opErr *net.OpError
	if errors.As(err, &opErr) {
		return fmt.Errorf("%w (%s)", errConnection, opErr.Op)
	}
	return errConnection
}
