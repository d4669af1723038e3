//go:build !planted_owner

package store

// OwnsLoans says that a loan is looked up by its borrower as well as its id. The build tag planted_owner takes that away: it is the bug
// that the wall of the database is there for, planted to see whether the wall holds.
const OwnsLoans = true
