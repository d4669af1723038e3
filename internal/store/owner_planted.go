//go:build planted_owner

package store

// OwnsLoans is the planted bug, see owner.go.
const OwnsLoans = false
