// Package arch holds the tests that keep the house in order: which package may import which, and how files and packages
// look. It has no code of its own.
package arch
