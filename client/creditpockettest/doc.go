// Package creditpockettest is a fake Credit Pocket server for tests: real HTTP on the loopback interface, the real contract, no
// database, started in milliseconds.
//
//	srv := creditpockettest.New(t)
//	ada := srv.BorrowerWith(creditpocket.LoanOverdue)
//	c := srv.Client(ada)
//	srv.Script("applyLoan", creditpockettest.TooMany(time.Second), creditpockettest.LoseAnswer())
//
// Every request is checked against the OpenAPI document and refused as the real server refuses it; every answer is checked too, so
// that a test cannot teach its program what no server says. Behind it borrowers log in, fill their profile, apply, are paid out
// and repay, in memory; Borrower.Move brings a loan to any state. Script makes the next answers of an operation faults or refusals.
//
// It is not the real server: it decides nothing, prices nothing but the two products of its examples, and knows no limits.
package creditpockettest
