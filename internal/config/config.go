// Package config turns the environment into one checked struct. All mistakes are reported at once, secrets are never
// printed, and every setting has a default that makes `creditpocket serve` work on a laptop with nothing set.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Mode says whom the server serves.
type Mode string

// The two modes. Development starts its own PostgreSQL, gateway simulator and SMS inbox where none is configured;
// production refuses to start with any of them.
const (
	Development Mode = "development"
	Production  Mode = "production"
)

// Config is every setting of the server. The tags hold the environment variables; durations are written like "30s".
type Config struct {
	Mode    Mode   `env:"CP_ENV" envDefault:"development" help:"development or production"`
	Addr    string `env:"CP_ADDR" envDefault:"127.0.0.1:8080" help:"address to listen on"`
	DataDir string `env:"CP_DATA_DIR" envDefault:".data" help:"where the embedded default keeps its data"`

	OpsAddr       string     `env:"CP_OPS_ADDR" help:"address of the operators' API; default 127.0.0.1:8082, empty serves none"`
	WaiverLimit   money.Kobo `env:"CP_WAIVER_LIMIT" envDefault:"500000" help:"kobo that one operator may forgive of a loan, over all its waivers; above it a second person is asked"`
	WriteOffLimit money.Kobo `env:"CP_WRITE_OFF_LIMIT" envDefault:"2000000" help:"largest debt, kobo, that one operator may write off; above it a second person is asked"`

	DatabaseURL    Secret `env:"DATABASE_URL" help:"PostgreSQL connection URL; empty starts a local cluster under the data directory"`
	PgBinDir       string `env:"PG_BIN_DIR" help:"directory of the PostgreSQL binaries for the local cluster"`
	PgNoDownload   bool   `env:"CP_PG_NO_DOWNLOAD" help:"never download PostgreSQL binaries"`
	PgDownloadURL  string `env:"CP_PG_DOWNLOAD_URL" help:"archive of PostgreSQL binaries for the local cluster"`
	PgDownloadHash string `env:"CP_PG_DOWNLOAD_SHA256" help:"SHA-256 of that archive"`
	DBMaxConns     int    `env:"CP_DB_MAX_CONNS" envDefault:"16" help:"connections for requests"`
	MaxInFlight    int    `env:"CP_MAX_IN_FLIGHT" help:"requests worked on at once, costly ones (logins, applications, payments) half of them at most; more wait shortly, then get 503 with Retry-After; default 2 for each of CP_DB_MAX_CONNS and 8 for each processor"`
	DBIsolation    string `env:"CP_DB_ISOLATION" envDefault:"read-committed" help:"read-committed or serializable: how transactions are kept apart"`
	DBTLS          string `env:"CP_DB_TLS" envDefault:"require" help:"require or off: whether production refuses a database on another machine without TLS (sslmode=verify-full, or require at least)"`
	DBPooler       string `env:"CP_DB_POOLER" envDefault:"none" help:"none, or transaction: DATABASE_URL leads to a pooler such as pgbouncer that hands out connections by the transaction"`
	DBStatements   string `env:"CP_DB_STATEMENTS" envDefault:"auto" help:"auto, prepared or simple: whether PostgreSQL keeps the plans of frequent statements; auto is prepared, but simple through a transaction pooler, unless it follows prepared statements (pgbouncer 1.21 with max_prepared_statements)"`
	DirectURL      Secret `env:"CP_DATABASE_DIRECT_URL" help:"the same database past the pooler, for migrations and background jobs; required with CP_DB_POOLER=transaction"`
	Migrate        string `env:"CP_MIGRATE" envDefault:"auto" help:"auto: serve migrates at start; check: it refuses an old schema"`
	Roles          string `env:"CP_ROLES" envDefault:"http,worker" help:"what this process does: http (answers requests), worker (works background jobs), or both; also serve --role"`
	Workers        int    `env:"CP_WORKERS" envDefault:"8" help:"background jobs at once"`

	MasterKey    Secret `env:"CP_MASTER_KEY" help:"32 bytes in base64 from which all keys derive; development keeps one under the data directory"`
	OldMasters   Secret `env:"CP_OLD_MASTER_KEYS" help:"comma-separated master keys that may still open and check what was made with them: the one before, and during a change the next one"`
	IndexKey     Secret `env:"CP_INDEX_KEY" help:"key of the keyed hashes that borrowers are found by, 32 bytes in base64, for good; default: derived from the master key, which then cannot be changed (creditpocket keys index prints it)"`
	KEK          Secret `env:"CP_KEK" help:"key-encryption key, 32 bytes in base64, that borrowers' data keys are wrapped by; default: derived from the master key"`
	OldKEKs      Secret `env:"CP_OLD_KEKS" help:"comma-separated key-encryption keys that may still open data keys, during a rotation (creditpocket keys rotate)"`
	DefaultBrand string `env:"CP_DEFAULT_BRAND" envDefault:"CycleCash" help:"brand of requests without X-App-Code"`
	PublicURL    string `env:"CP_PUBLIC_URL" help:"URL under which clients and the gateway reach this server; default http://ADDR"`

	Gateway               string   `env:"CP_GATEWAY" help:"simulator or paystack; default simulator in development"`
	PaystackURL           string   `env:"CP_PAYSTACK_URL" envDefault:"https://api.paystack.co" help:"base URL of the Paystack API"`
	PaystackSecret        Secret   `env:"CP_PAYSTACK_SECRET_KEY" help:"secret key, which also signs webhooks"`
	PaystackOldSecret     Secret   `env:"CP_PAYSTACK_OLD_SECRET_KEY" help:"previous secret key, accepted for webhooks during a rotation"`
	SimulatorAddr         string   `env:"CP_SIMULATOR_ADDR" envDefault:"127.0.0.1:8091" help:"address of the gateway simulator"`
	SimulatorTransferTime Duration `env:"CP_SIMULATOR_TRANSFER_TIME" envDefault:"1500ms" help:"how long the simulator keeps a transfer pending where its account says so"`
	SimulatorTransferFee  int64    `env:"CP_SIMULATOR_TRANSFER_FEE" envDefault:"0" help:"what the simulator takes for a transfer, in kobo"`
	SimulatorChargeFee    int64    `env:"CP_SIMULATOR_CHARGE_FEE_BPS" envDefault:"0" help:"what the simulator keeps of a charge, in basis points"`
	SimulatorLimits       float64  `env:"CP_SIMULATOR_LIMITS" envDefault:"0" help:"part of the real gateway's limits a minute that the simulator holds callers to: 1 is all, 0.01 a hundredth, 0 no limit"`

	SMS          string `env:"CP_SMS" help:"sink or termii; default sink in development"`
	TermiiURL    string `env:"CP_TERMII_URL" envDefault:"https://api.ng.termii.com" help:"base URL of the Termii API"`
	TermiiKey    Secret `env:"CP_TERMII_API_KEY" help:"Termii API key"`
	TermiiSender string `env:"CP_TERMII_SENDER" help:"sender name registered at Termii"`

	BlobURL string `env:"CP_BLOB_URL" help:"where photographs go: file:///dir or s3://bucket?region=...; default a directory under the data directory"`

	ValidateResponses string         `env:"CP_VALIDATE_RESPONSES" help:"enforce, log or off; default enforce in development, log in production"`
	ContractCheck     string         `env:"CP_CONTRACT_CHECK" envDefault:"compiled" help:"compiled or kin: who holds JSON bodies to the contract; both say the same, kin-openapi more slowly"`
	InFlightWait      Duration       `env:"CP_IN_FLIGHT_WAIT" envDefault:"500ms" help:"how long a request waits to be worked on before it is answered 503"`
	TrustedProxies    []netip.Prefix `env:"CP_TRUSTED_PROXIES" help:"comma-separated CIDRs whose X-Forwarded-For is believed"`
	Limits            string         `env:"CP_LIMITS" envDefault:"on" help:"on or off (load tests only, refused in production)"`
	AllowHarvest      bool           `env:"CP_ALLOW_HARVEST" help:"accept address-book and short-message uploads, keeping only counts"`
	PayoutHold        Duration       `env:"CP_PAYOUT_HOLD" help:"how long an approved loan waits before the transfer; default 1s in development, 0 in production"`
	EventPatience     Duration       `env:"CP_EVENT_PATIENCE" envDefault:"10m" help:"how long a gateway's event about a reference of ours that we do not know is looked at again before it is parked with an alert; 0 for not at all"`
	DrainDelay        Duration       `env:"CP_DRAIN_DELAY" help:"how long a graceful stop says not-ready before it takes no more requests, so that balancers notice; default 5s in production, 0 in development"`
	ClockSkew         Duration       `env:"CP_CLOCK_SKEW" help:"how far this process's clock is ahead; for tests of several replicas, development only"`
	AccountCooling    Duration       `env:"CP_ACCOUNT_COOLING" envDefault:"24h" help:"how long the first payout waits after the account that loans are paid to has changed"`
	DrainTime         Duration       `env:"CP_DRAIN_TIME" envDefault:"20s" help:"how long a graceful stop may take"`

	LogLevel  slog.Level `env:"CP_LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	LogFormat string     `env:"CP_LOG_FORMAT" envDefault:"text" help:"text or json"`
}

// The roles of a process. Any number of processes with any roles may share a database.
const (
	RoleHTTP   = "http"   // answers borrowers, staff and the gateway
	RoleWorker = "worker" // works background jobs; its address answers health and metrics only, unless it is http too
)

func (c *Config) roles() []string {
	roles := strings.Split(c.Roles, ",")
	for i := range roles {
		roles[i] = strings.TrimSpace(roles[i])
	}
	return roles
}

// Serves tells whether the process has a role.
func (c *Config) Serves(role string) bool { return slices.Contains(c.roles(), role) }

// DefaultOpsAddr is what CP_OPS_ADDR is where it is not set; set and empty it turns the operators' API off.
const DefaultOpsAddr = "127.0.0.1:8082"

// Duration is a time span that the environment writes like "1500ms". A negative span is refused.
type Duration struct {
	time.Duration
	Set bool
}

// UnmarshalText reads the span.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := time.ParseDuration(string(text))
	if err != nil || span < 0 {
		return errors.New(`must be a time span such as "30s", not below zero`)
	}
	d.Duration, d.Set = span, true
	return nil
}

// Load reads the environment given as "NAME=value" entries. The error names every setting that is wrong, and no value of
// a secret.
func Load(environ []string) (Config, error) {
	var c Config
	vars := env.ToMap(environ)
	var problems []error
	if err := env.ParseWithOptions(&c, env.Options{Environment: vars}); err != nil {
		var many env.AggregateError
		if errors.As(err, &many) {
			for _, one := range many.Errors {
				problems = append(problems, withoutValue(one))
			}
		} else {
			problems = append(problems, withoutValue(err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if strings.HasPrefix(name, "CP_") && !strings.HasPrefix(name, "CP_TEST_") && !known(name) {
			problems = append(problems, fmt.Errorf("%s: there is no such setting (see `creditpocket serve --help`)", name))
		}
	}
	if _, set := vars["CP_OPS_ADDR"]; !set {
		c.OpsAddr = DefaultOpsAddr
	}
	c.fill()
	problems = append(problems, c.check()...)
	return c, errors.Join(problems...)
}

// withoutValue names the setting that could not be parsed, but not what it held.
func withoutValue(err error) error {
	var parse env.ParseError
	if errors.As(err, &parse) {
		for _, s := range Settings() {
			if s.Field == parse.Name {
				return fmt.Errorf("%s: is not a valid value (%s)", s.Name, s.Help)
			}
		}
	}
	return err
}

// fill sets the defaults that depend on other settings.
func (c *Config) fill() {
	dev := c.Mode == Development
	choose := func(field *string, development, production string) {
		if *field == "" {
			*field = production
			if dev {
				*field = development
			}
		}
	}
	choose(&c.Gateway, "simulator", "paystack")
	choose(&c.SMS, "sink", "termii")
	choose(&c.ValidateResponses, "enforce", "log")
	if c.Gateway == "simulator" && c.Mode == Development && c.PaystackSecret == "" {
		c.PaystackSecret = "sk_test_simulator"
	}
	if !c.PayoutHold.Set && dev {
		c.PayoutHold.Duration = time.Second
	}
	if !c.DrainDelay.Set && c.Mode == Production {
		c.DrainDelay.Duration = 5 * time.Second
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = 2*c.DBMaxConns + 8*runtime.GOMAXPROCS(0)
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Addr
	}
	if c.BlobURL == "" {
		if abs, err := filepath.Abs(filepath.Join(c.DataDir, "blobs")); err == nil {
			c.BlobURL = "file://" + filepath.ToSlash(abs)
		}
	}
}

func (c *Config) check() []error {
	var problems []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	oneOf := func(name, value string, allowed ...string) {
		for _, a := range allowed {
			if value == a {
				return
			}
		}
		bad(false, "%s: must be one of %s", name, strings.Join(allowed, ", "))
	}
	address := func(name, value string) {
		_, _, err := net.SplitHostPort(value)
		bad(err == nil, "%s: must be host:port", name)
	}
	web := func(name, value string) {
		u, err := url.Parse(value)
		bad(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "", "%s: must be an http or https URL", name)
	}
	oneOf("CP_ENV", string(c.Mode), string(Development), string(Production))
	oneOf("CP_GATEWAY", c.Gateway, "simulator", "paystack")
	oneOf("CP_SMS", c.SMS, "sink", "termii")
	oneOf("CP_VALIDATE_RESPONSES", c.ValidateResponses, "enforce", "log", "off")
	oneOf("CP_CONTRACT_CHECK", c.ContractCheck, "compiled", "kin")
	oneOf("CP_MIGRATE", c.Migrate, "auto", "check")
	oneOf("CP_LIMITS", c.Limits, "on", "off")
	oneOf("CP_DB_ISOLATION", c.DBIsolation, "read-committed", "serializable")
	oneOf("CP_DB_TLS", c.DBTLS, "require", "off")
	oneOf("CP_DB_POOLER", c.DBPooler, "none", "transaction")
	oneOf("CP_DB_STATEMENTS", c.DBStatements, "auto", "prepared", "simple")
	bad(c.DBPooler != "transaction" || c.DirectURL != "", "CP_DATABASE_DIRECT_URL: is required with CP_DB_POOLER=transaction")
	bad(c.DirectURL == "" || c.DatabaseURL != "", "CP_DATABASE_DIRECT_URL: is of no use without DATABASE_URL")
	bad(c.Serves(RoleHTTP) || c.Serves(RoleWorker), "CP_ROLES: must name http, worker or both")
	for _, role := range c.roles() {
		bad(role == RoleHTTP || role == RoleWorker, "CP_ROLES: must name http, worker or both")
	}
	oneOf("CP_LOG_FORMAT", c.LogFormat, "text", "json")
	address("CP_ADDR", c.Addr)
	address("CP_SIMULATOR_ADDR", c.SimulatorAddr)
	if c.OpsAddr != "" {
		address("CP_OPS_ADDR", c.OpsAddr)
		bad(c.OpsAddr != c.Addr || strings.HasSuffix(c.Addr, ":0"), "CP_OPS_ADDR: must not be the address of the borrowers' API")
	}
	bad(c.WaiverLimit.Valid(), "CP_WAIVER_LIMIT: must be an amount in kobo, not below zero")
	bad(c.WriteOffLimit.Valid(), "CP_WRITE_OFF_LIMIT: must be an amount in kobo, not below zero")
	web("CP_PUBLIC_URL", c.PublicURL)
	web("CP_PAYSTACK_URL", c.PaystackURL)
	web("CP_TERMII_URL", c.TermiiURL)
	bad(c.DBMaxConns >= 2 && c.DBMaxConns <= 1000, "CP_DB_MAX_CONNS: must be from 2 to 1000")
	bad(c.MaxInFlight >= 4 && c.MaxInFlight <= 100_000, "CP_MAX_IN_FLIGHT: must be from 4 to 100000")
	bad(c.InFlightWait.Duration >= time.Millisecond && c.InFlightWait.Duration <= 5*time.Second, "CP_IN_FLIGHT_WAIT: must be from 1ms to 5s")
	bad(c.Workers >= 1 && c.Workers <= 500, "CP_WORKERS: must be from 1 to 500")
	bad(c.SimulatorLimits >= 0 && c.SimulatorLimits <= 1000, "CP_SIMULATOR_LIMITS: must be from 0 to 1000")
	bad(c.DrainDelay.Duration <= 10*time.Minute, "CP_DRAIN_DELAY: must be at most 10m")
	bad(c.DrainTime.Duration >= time.Second && c.DrainTime.Duration <= 10*time.Minute, "CP_DRAIN_TIME: must be from 1s to 10m")
	bad(c.DataDir != "", "CP_DATA_DIR: must not be empty")
	if c.SMS == "termii" {
		bad(c.TermiiKey != "", "CP_TERMII_API_KEY: is required with CP_SMS=termii")
		bad(c.TermiiSender != "", "CP_TERMII_SENDER: is required with CP_SMS=termii")
	}
	if c.Gateway == "paystack" {
		bad(c.PaystackSecret != "", "CP_PAYSTACK_SECRET_KEY: is required with CP_GATEWAY=paystack")
	}
	if c.Mode == Production {
		bad(c.DatabaseURL != "", "DATABASE_URL: is required in production")
		bad(c.MasterKey != "", "CP_MASTER_KEY: is required in production")
		bad(c.Gateway == "paystack", "CP_GATEWAY: must be paystack in production")
		bad(c.SMS == "termii", "CP_SMS: must be termii in production (the sink shows codes to everybody)")
		bad(c.Limits == "on", "CP_LIMITS: must be on in production")
		bad(c.ClockSkew.Duration == 0, "CP_CLOCK_SKEW: must not be set in production")
		bad(strings.HasPrefix(c.PublicURL, "https://"), "CP_PUBLIC_URL: must be an https URL in production")
		return problems
	}
	loopback := func(address string) bool {
		host, _, err := net.SplitHostPort(address)
		ip, notIP := netip.ParseAddr(host)
		return err != nil || host == "localhost" || (notIP == nil && ip.IsLoopback())
	}
	bad(loopback(c.Addr), "CP_ADDR: development listens on loopback only, because its SMS inbox shows every code (set CP_ENV=production to serve others)")
	bad(loopback(c.OpsAddr), "CP_OPS_ADDR: development listens on loopback only (set CP_ENV=production to serve others)")
	return problems
}
