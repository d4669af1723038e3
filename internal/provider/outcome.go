package provider

// Outcome is what is known about one movement of money, in the same few words for transfers, charges and refunds.
// The vendor's own word for it travels beside it in the Status field of each result.
type Outcome string

const (
	// OutcomePending: accepted or unknown, ask again. Also every vendor status nobody has heard of.
	OutcomePending Outcome = "pending"
	// OutcomePaused: a charge that waits for the card holder's second factor. Neither failed nor paid.
	OutcomePaused Outcome = "paused"
	// OutcomeSucceeded: the money moved. A transfer may still become OutcomeReversed days later.
	OutcomeSucceeded Outcome = "succeeded"
	// OutcomeFailed: the money did not move and will not under this reference.
	OutcomeFailed Outcome = "failed"
	// OutcomeReversed: the money moved and came back.
	OutcomeReversed Outcome = "reversed"
	// OutcomeAbandoned: a transfer nobody confirmed in time. The money did not move and will not.
	OutcomeAbandoned Outcome = "abandoned"
)

// Conclusive reports whether the outcome may be written down as a fact. An outcome that is not conclusive says only
// "ask again under the same reference"; it never justifies a new reference.
func (o Outcome) Conclusive() bool {
	switch o {
	case OutcomeSucceeded, OutcomeFailed, OutcomeReversed, OutcomeAbandoned:
		return true
	}
	return false
}

// Moved reports whether the money is, by this outcome, with the other side now.
func (o Outcome) Moved() bool { return o == OutcomeSucceeded }

// Known reports whether o is one of the outcomes of this package.
func (o Outcome) Known() bool {
	return o == OutcomePending || o == OutcomePaused || o.Conclusive()
}
