package server

import (
	"net/netip"
	"time"
)

// Config is what a deployment can choose about the HTTP layer. Zero values mean the defaults named at each field.
type Config struct {
	// Development adds the start page at `/`.
	Development bool
	// HealthOnly serves no operation and no page, only health, version and metrics: for a process that works background jobs.
	HealthOnly bool
	// Links are shown on the start page.
	Links []Link
	// Responses says what happens to an answer that breaks the contract. Default: Enforce.
	Responses ResponseMode
	// Contract says who checks JSON bodies. Default: Compiled.
	Contract ContractCheck
	// TrustedProxies are the peers whose X-Forwarded-For is believed. Empty: nobody's, the peer is the client.
	TrustedProxies []netip.Prefix
	// MetricsFrom are the clients that may read /metrics. Default: loopback and private networks.
	MetricsFrom []netip.Prefix
	// HSTS sends Strict-Transport-Security; for deployments that are reached by TLS only.
	HSTS bool
	// Version is what /version answers.
	Version Version

	// ReadHeaderTimeout bounds the headers of a request. Default 5 s.
	ReadHeaderTimeout time.Duration
	// ReadTimeout bounds a whole request. Default 15 s.
	ReadTimeout time.Duration
	// WriteTimeout bounds the answer, counted from the end of the headers. Default 30 s.
	WriteTimeout time.Duration
	// IdleTimeout bounds an idle connection. Default 60 s.
	IdleTimeout time.Duration
	// HandlerTimeout is the deadline of an operation's context. Default 10 s.
	HandlerTimeout time.Duration
	// UploadTimeout replaces ReadTimeout and HandlerTimeout for operations that upload files. Default 90 s.
	UploadTimeout time.Duration
	// InFlight is how many requests of operations run at once; costly ones may be half of them. Uploads, downloads and the gateway's
	// events have a quarter as many each of their own. Default 48.
	InFlight int
	// Patience is how long a request waits for its place before it is UNAVAILABLE. Default 500 ms.
	Patience time.Duration
	// MaxHeaderBytes bounds the headers of a request. Default 16 KiB.
	MaxHeaderBytes int
	// DrainDelay is how long /readyz says no before the listener closes, so that a balancer notices. Default 0.
	DrainDelay time.Duration
	// ShutdownTimeout bounds the wait for running requests. Default 20 s.
	ShutdownTimeout time.Duration
}

// Link is an entry of the start page.
type Link struct{ Name, URL, Description string }

// Version says which build runs.
type Version struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	BuiltAt string `json:"builtAt"`
}

// ResponseMode says what the check of responses does with a violation.
type ResponseMode int

// The modes of the check of responses.
const (
	// Enforce replaces the answer by 500 RESPONSE_CONTRACT_VIOLATION and logs it.
	Enforce ResponseMode = iota
	// LogOnly logs the violation and sends the answer as it is.
	LogOnly
	// Off does not look.
	Off
)

// ParseResponseMode reads the setting's words: enforce, log, off.
func ParseResponseMode(s string) (ResponseMode, bool) {
	switch s {
	case "enforce", "":
		return Enforce, true
	case "log":
		return LogOnly, true
	case "off":
		return Off, true
	}
	return 0, false
}

// ContractCheck says who holds requests, and the bodies of answers, to the contract. Compiled and Kin say the same of everything.
type ContractCheck int

// The checks of the contract.
const (
	// Compiled walks JSON bodies by a plan made at start, see contractplan. Parameters, and bodies that could not be compiled, are
	// kin-openapi's.
	Compiled ContractCheck = iota
	// Kin leaves all to kin-openapi.
	Kin
	// Unchecked lets every request pass. It is for measuring what the checks cost; no setting of a deployment chooses it.
	Unchecked
)

// ParseContractCheck reads the setting's words: compiled, kin.
func ParseContractCheck(s string) (ContractCheck, bool) {
	switch s {
	case "compiled", "":
		return Compiled, true
	case "kin":
		return Kin, true
	}
	return 0, false
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&c.ReadHeaderTimeout, 5*time.Second)
	set(&c.ReadTimeout, 15*time.Second)
	set(&c.WriteTimeout, 30*time.Second)
	set(&c.IdleTimeout, 60*time.Second)
	set(&c.HandlerTimeout, 10*time.Second)
	set(&c.UploadTimeout, 90*time.Second)
	set(&c.ShutdownTimeout, 20*time.Second)
	set(&c.Patience, 500*time.Millisecond)
	if c.InFlight == 0 {
		c.InFlight = 48
	}
	if c.MaxHeaderBytes == 0 {
		c.MaxHeaderBytes = 16 << 10
	}
	if c.MetricsFrom == nil {
		for _, p := range []string{"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"} {
			c.MetricsFrom = append(c.MetricsFrom, netip.MustParsePrefix(p))
		}
	}
	return c
}
