package creditpocket_test

import (
	"context"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleHomeService_Products() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	home, err := c.Home.Products(context.Background())
	if err != nil {
		panic(err)
	}
	for _, product := range home.Products {
		fmt.Printf("%s: %s, %t %q\n", product.Name, product.DueAmount, product.Eligible, product.IneligibleReason)
	}
	// Output:
	// Starter 6,000 for 7 days: NGN 8,500.00, true ""
	// Steady 20,000 for 91 days: NGN 22,420.00, false "MIN_LOAN_COUNT"
}

func ExampleHomeService_RecentPayouts() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	payouts, err := c.Home.RecentPayouts(context.Background())
	if err != nil {
		panic(err)
	}
	for _, payout := range payouts {
		fmt.Println(payout.Mobile, payout.Principal)
	}
	// Output:
	// 700****003 NGN 6,000.00
	// 813****294 NGN 16,000.00
}

func ExampleHomeService_LastLoan() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanSettledEarly))
	loan, err := c.Home.LastLoan(context.Background())
	fmt.Println(loan.State, loan.Paid, err)
	// Output:
	// settled_early NGN 8,500.00 <nil>
}

func ExampleHomeService_Status() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	status, err := c.Home.Status(context.Background())
	fmt.Println(status.CanApply, status.BlockedReason, status.Missing, err)
	// Output:
	// false PROFILE_INCOMPLETE [BASIC WORK CONTACT BANK CONSENT] <nil>
}
