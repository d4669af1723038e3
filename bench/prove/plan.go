package main

import "time"

// Streams of randomness, so that one source's draws do not move another's.
const (
	streamKills uint64 = iota + 1
	streamFreezes
	streamDatabase
	streamGateway
	streamHooks
	streamCrashes
	streamAbuse
	streamSweep
	streamBorrowers uint64 = 1 << 32
)

// plan is one run: who lives, what breaks and how often, and what must have happened at the end.
type plan struct {
	name     string
	replicas int           // that answer requests; they work jobs as well where there are no workers
	workers  int           // processes that only work jobs
	slots    int           // borrowers at once
	storm    time.Duration // how long faults are injected
	finish   time.Duration // how long borrowers may take afterwards to come to their end
	drain    time.Duration // how long the backlog may take
	stretch  time.Duration // how much longer storm and finish may take on a slow machine, until what must have happened has
	durable  bool          // fsync on

	cards     int // per cent of the borrowers bind a card
	stampede  int // per cent of the applications come forty-fold
	rivals    int // per cent of the applications come under several keys at once
	leaveOpen int // per cent of the loans are not paid back
	late      int // per cent of the applications are repeated with their key after the loan's end
	ending    string
	repay     int

	kills     time.Duration // mean time between two kill -9 of a process; 0 for none
	freezes   time.Duration
	databases time.Duration // between two kills of PostgreSQL
	cuts      int64         // per mille of the COMMITs
	troubles  time.Duration // between two faults of the gateway
	outages   time.Duration // between two kills of the gateway
	crashes   bool          // visit every crash point
	days      bool          // let nine days go by at the end
	abuse     time.Duration // between two bombs, slow connections, cut connections
	skew      time.Duration // between the clocks of two replicas
	haste     int           // the business clock runs so many times as fast during the storm
	jump      time.Duration // ahead of the real time at the start
	chaos     int           // events that are posted at the receiver beside the gateway's own
	copies    int           // each of them comes so many times at most
	dawdle    time.Duration // between opening a payment page and paying
	cutCalls  int           // of the storm of cut connections at the end
	diskFull  bool          // fill the disk under a PostgreSQL of its own
	planted   bool          // at last show that each planted bug is caught

	orders []map[string]any // faults of the gateway that stand from the start of the storm
	env    []string         // more of the replicas' environment

	least least
}

// least is what a run must reach, or it proves too little.
type least struct {
	lifecycles, kills, databases, events int64
	crashPoints                          bool
}

func shortPlan() plan {
	return plan{name: "short", replicas: 2, slots: 8, storm: 12 * time.Second, finish: 20 * time.Second, drain: 60 * time.Second, stretch: 90 * time.Second,
		cards: 60, stampede: 8, rivals: 8, leaveOpen: 5, late: 50, kills: 1500 * time.Millisecond, freezes: 5 * time.Second, databases: 8 * time.Second,
		cuts: 4, troubles: 700 * time.Millisecond, outages: 9 * time.Second, abuse: 4 * time.Second, skew: 3 * time.Second, haste: 4, chaos: 300, copies: 20,
		least: least{lifecycles: 3, kills: 3, databases: 1, events: 300}}
}

func fullPlan() plan {
	return plan{name: "full", replicas: 2, workers: 5, slots: 12, storm: 4*time.Minute + 30*time.Second, finish: 40 * time.Second, drain: 90 * time.Second, durable: true, days: true,
		cards: 60, stampede: 4, rivals: 6, leaveOpen: 6, late: 50, kills: 150 * time.Millisecond, freezes: 6 * time.Second, databases: 8 * time.Second,
		cuts: 3, troubles: 500 * time.Millisecond, outages: 25 * time.Second, crashes: true, abuse: 2 * time.Second, skew: 2 * time.Second, haste: 4, chaos: 24_000, copies: 20, cutCalls: 80_000, diskFull: true, planted: true,
		least: least{lifecycles: 25, kills: 1000, databases: 20, events: 20_000, crashPoints: true}}
}
