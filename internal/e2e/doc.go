// Package e2e holds the tests of the whole server, over HTTP, from the contract alone: every operation and status, bad
// input, verbs, authorisation, and a borrower's journey. It has no code of its own; the generators are in
// internal/contract.
package e2e
