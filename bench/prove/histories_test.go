package main

import (
	"testing"

	"github.com/anishathalye/porcupine"
)

// paidLoan is a loan of 500 that is paid out, and of which 200 are paid by a charge that was answered at 40.
func paidLoan(more ...porcupine.Operation) []porcupine.Operation {
	return append([]porcupine.Operation{
		{ClientId: 1, Input: move{1, 3, 500}, Return: never},
		{ClientId: 1, Input: move{3, 4, 500}, Return: never},
		{ClientId: 1, Input: move{4, 5, 500}, Return: never},
		{ClientId: 2, Input: payment{200}, Call: 30, Return: 40},
	}, more...)
}

func look(from, to int64, status int, remaining int64) porcupine.Operation {
	return porcupine.Operation{Input: reading{register{status, remaining}}, Call: from, Return: to}
}

func TestLoanHistories(t *testing.T) {
	for _, k := range []struct {
		what    string
		history []porcupine.Operation
		good    bool
	}{
		{"as it should be", paidLoan(look(1, 2, 1, 0), look(10, 11, 5, 500), look(50, 51, 5, 300)), true},
		{"the payment takes effect while it is asked about", paidLoan(look(31, 35, 5, 300), look(36, 39, 5, 300)), true},
		{"a reading after the answer does not show the payment", paidLoan(look(50, 51, 5, 500)), false},
		{"the loan goes back", paidLoan(look(10, 11, 5, 500), look(20, 21, 4, 0)), false},
		{"a payment is seen, then not", paidLoan(look(31, 32, 5, 300), look(33, 34, 5, 500)), false},
		{"counted twice", paidLoan(look(50, 51, 5, 100)), false},
		{"a payment that nobody has made", paidLoan(look(10, 11, 5, 300)), false},
		{"paid off by a page that is booked late", paidLoan(porcupine.Operation{ClientId: 2, Input: payment{300}, Call: 45, Return: never},
			look(50, 51, 5, 300), look(60, 61, 8, 0)), true},
		{"settled though something is owed", paidLoan(look(50, 51, 8, 0)), false},
		{"a page paid beyond the debt", paidLoan(porcupine.Operation{ClientId: 2, Input: payment{500}, Call: 45, Return: never}, look(60, 61, 8, 0)), true},
	} {
		if got := porcupine.CheckOperations(loanModel, k.history); got != k.good {
			t.Errorf("%s: linearizable %v, expected %v", k.what, got, k.good)
		}
	}
}
