package simulator

import "strings"

// Magic is one row of the table of values that steer the simulator without being told.
type Magic struct {
	Value string
	Does  string
}

// magicValues is the table, as the start page shows it.
var magicValues = []Magic{
	{"account ends 00", "there is no such account: it cannot be resolved"},
	{"account ends 01", "transfer pending, then success"},
	{"account ends 02", "transfer pending, then failed"},
	{"account ends 03", "transfer success, later reversed"},
	{"account ends 04", "transfer accepted, then the connection drops without an answer"},
	{"account ends 05", "500 before the transfer is accepted (the first attempt with a reference; a later one succeeds)"},
	{"account ends 06", "500 after the transfer is accepted"},
	{"account ends 07", "transfer waits for an OTP, is abandoned later"},
	{"any other account", "transfer success at once"},
	{"card ends 0", "paused: the card holder answers a second factor"},
	{"card ends 1", "declined"},
	{"any other card", "success"},
}

// MagicValues returns the table of values that steer the simulator.
func MagicValues() []Magic { return append([]Magic(nil), magicValues...) }

// plan is what a transfer does.
type plan struct {
	status string // at once
	next   string // after Options.Delay, "" for nothing
	drop   bool   // accept, then cut the connection
	refuse bool   // 500 before accepting
	fail   bool   // 500 after accepting
}

// planFor reads the last two digits of an account.
func planFor(account string) plan {
	switch {
	case strings.HasSuffix(account, "01"):
		return plan{status: "pending", next: "success"}
	case strings.HasSuffix(account, "02"):
		return plan{status: "pending", next: "failed"}
	case strings.HasSuffix(account, "03"):
		return plan{status: "success", next: "reversed"}
	case strings.HasSuffix(account, "04"):
		return plan{status: "success", drop: true}
	case strings.HasSuffix(account, "05"):
		return plan{status: "success", refuse: true}
	case strings.HasSuffix(account, "06"):
		return plan{status: "success", fail: true}
	case strings.HasSuffix(account, "07"):
		return plan{status: "otp", next: "abandoned"}
	}
	return plan{status: "success"}
}

// missing reports whether the account does not exist.
func missing(account string) bool { return strings.HasSuffix(account, "00") }

// cardFate is what a charge of a card comes to: "paused", "failed" or "success".
func cardFate(card string) string {
	switch card[len(card)-1] {
	case '0':
		return "paused"
	case '1':
		return "failed"
	}
	return "success"
}
