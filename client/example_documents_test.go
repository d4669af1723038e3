package creditpocket_test

import (
	"context"
	"errors"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleLoanService_Statement() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanSettled))
	ctx := context.Background()
	loan, err := c.Loans.Latest(ctx)
	if err != nil {
		panic(err)
	}
	statement, err := c.Loans.Statement(ctx, loan.ID)
	if err != nil {
		panic(err)
	}
	for _, line := range statement.Lines {
		fmt.Println(line.Kind, line.Debit, line.Credit, line.Outstanding)
	}
	// Output:
	// disbursement NGN 6,000.00 NGN 0.00 NGN 8,500.00
	// payment NGN 0.00 NGN 8,500.00 NGN 0.00
}

func ExampleLoanService_StatementPDF() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanSettled))
	ctx := context.Background()
	loan, err := c.Loans.Latest(ctx)
	if err != nil {
		panic(err)
	}
	pdf, err := c.Loans.StatementPDF(ctx, loan.ID)
	fmt.Println(string(pdf[:5]), err)
	// Output:
	// %PDF- <nil>
}

func ExampleLoanService_Clearance() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanSettled))
	ctx := context.Background()
	loan, err := c.Loans.Latest(ctx)
	if err != nil {
		panic(err)
	}
	letter, err := c.Loans.Clearance(ctx, loan.ID)
	fmt.Println(letter.PaidTotal, letter.Number == loan.Number, err)
	// Output:
	// NGN 8,500.00 true <nil>
}

func ExampleLoanService_ClearancePDF() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	ctx := context.Background()
	loan, err := c.Loans.Latest(ctx)
	if err != nil {
		panic(err)
	}
	_, err = c.Loans.ClearancePDF(ctx, loan.ID)
	fmt.Println(errors.Is(err, creditpocket.ErrLoanNotSettled))
	// Output:
	// true
}

func ExampleLoanService_VerifyDocument() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanSettled))
	ctx := context.Background()
	loan, err := c.Loans.Latest(ctx)
	if err != nil {
		panic(err)
	}
	letter, err := c.Loans.Clearance(ctx, loan.ID)
	if err != nil {
		panic(err)
	}
	document, err := c.Loans.VerifyDocument(ctx, letter.VerificationCode)
	fmt.Println(document.Kind == creditpocket.ClearanceDocument, document.Number == loan.Number, err)
	// Output:
	// true true <nil>
}
