// Package ops holds the tests of the operators' API over HTTP, from the contract and against real PostgreSQL and the gateway
// simulator: every operation and role, every act with what it does to the books and the audit trail. It has no code of its own.
package ops
