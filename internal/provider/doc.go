// Package provider holds the ports to the outside world: money movement (Payments), text messages (SMS), and the
// classes of answer every adapter must sort its vendor's answers into (Outcome and the errors of this package).
//
// The vendors live one directory below: paystack (the real gateway), simulator (a gateway of our own that serves the
// same HTTP API), termii (the real SMS vendor), smssink (the development inbox), blobstore (object storage), outbound
// (the HTTP client all adapters use), and providertest (one suite per port that every adapter passes).
//
// The law of the package: a call that moves money ends in exactly one of three ways, and the adapter says which.
// Conclusive yes (an Outcome), conclusive no (an Outcome, or an error for which IsConclusive is true), or unknown
// (ErrInconclusive, or an Outcome that is not conclusive). Unknown is never turned into no.
//
// It may import internal/money and the standard library, nothing else.
package provider
