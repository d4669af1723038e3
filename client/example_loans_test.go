package creditpocket_test

import (
	"context"
	"errors"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleLoanService_Apply() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	ctx := context.Background()
	detail, err := c.Loans.Product(ctx, "301")
	if err != nil {
		panic(err)
	}
	photo := creditpocket.FileFromBytes("selfie.jpg", "image/jpeg", creditpockettest.Photo())
	page, err := c.Loans.Apply(ctx, creditpocket.Application{ProductID: detail.ID, QuoteID: detail.QuoteID, Terminal: creditpocket.TerminalAndroid,
		Photos: []creditpocket.File{photo}})
	if errors.Is(err, creditpocket.ErrOpenLoanExists) {
		fmt.Println("one loan at a time")
		return
	}
	if err != nil {
		panic(err)
	}
	loan := page.Items[0]
	fmt.Println(loan.State, loan.Principal, "due", loan.DueAmount)
	// Output:
	// submitted NGN 6,000.00 due NGN 8,500.00
}

func ExampleLoanService_Page() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanOverdue))
	page, err := c.Loans.Page(context.Background(), creditpocket.PageQuery{Number: 1, Size: 20})
	if err != nil {
		panic(err)
	}
	for _, loan := range page.Items {
		fmt.Println(loan.State, *loan.OverdueDays, "days, owes", *loan.Remaining)
	}
	fmt.Println("of", page.Total)
	// Output:
	// overdue 3 days, owes NGN 8,680.00
	// of 1
}

func ExampleLoanService_All() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	for loan, err := range c.Loans.All(context.Background()) {
		if err != nil {
			panic(err)
		}
		fmt.Println(loan.State, loan.DueAmount)
	}
	// Output:
	// active NGN 8,500.00
}

func ExampleLoanService_Products() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	page, err := c.Loans.Products(context.Background(), creditpocket.PageQuery{})
	fmt.Println(page.Total, page.Items[1].Name, page.Items[1].APR, err)
	// Output:
	// 2 Steady 20,000 for 91 days 48.53 % <nil>
}

func ExampleLoanService_AllProducts() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	for product, err := range c.Loans.AllProducts(context.Background()) {
		if err != nil {
			panic(err)
		}
		fmt.Println(product.Principal, "for", product.TermDays, "days")
	}
	// Output:
	// NGN 6,000.00 for 7 days
	// NGN 20,000.00 for 91 days
}

func ExampleLoanService_Product() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	detail, err := c.Loans.Product(context.Background(), "301")
	fmt.Println(detail.Payout, detail.TotalCost, detail.QuoteID != "", err)
	// Output:
	// NGN 6,000.00 NGN 2,500.00 true <nil>
}

func ExampleLoanService_LatestOpen() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanSettled))
	_, err := c.Loans.LatestOpen(context.Background())
	fmt.Println(errors.Is(err, creditpocket.ErrLoanNotFound))
	// Output:
	// true
}

func ExampleLoanService_Latest() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanDisbursing))
	loan, err := c.Loans.Latest(context.Background())
	fmt.Println(loan.State, loan.State.Open(), loan.Remaining == nil, err)
	// Output:
	// disbursing true true <nil>
}

func ExampleLoanService_Checkout() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	ctx := context.Background()
	payment, err := c.Loans.Checkout(ctx, "") // the borrower opens payment.AuthorizationURL
	if err != nil {
		panic(err)
	}
	srv.Pay(payment.Reference) // and pays
	loan, err := c.Loans.Latest(ctx)
	fmt.Println(payment.Amount, loan.State, err)
	// Output:
	// NGN 8,500.00 settled_early <nil>
}

func ExampleLoanService_Repay() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	payment, err := c.Loans.Repay(context.Background(), creditpocket.RepayRequest{Amount: creditpocket.Ptr(creditpocket.Naira(5000))},
		creditpocket.WithIdempotencyKey("order-2026-0001"))
	fmt.Println(payment.Status == creditpocket.PaymentPaid, payment.Remaining, err)
	// Output:
	// true NGN 3,500.00 <nil>
}

func ExampleLoanService_Payoff() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	payoff, err := c.Loans.Payoff(context.Background(), "", creditpocket.Date{}) // the open loan, today
	fmt.Println(payoff.Amount, err)
	// Output:
	// NGN 8,500.00 <nil>
}

func ExampleLoanService_Extension() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	extension, err := c.Loans.Extension(context.Background(), "")
	fmt.Println(extension.Eligible, extension.Fee, extension.NewDue.Sub(extension.Due), err)
	// Output:
	// true NGN 0.00 168h0m0s <nil>
}

func ExampleLoanService_Extend() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	ctx := context.Background()
	extension, err := c.Loans.Extend(ctx, "")
	fmt.Println(extension.Count, extension.Left, err)
	_, err = c.Loans.Extend(ctx, "")
	fmt.Println(errors.Is(err, creditpocket.ErrExtensionNotAllowed))
	// Output:
	// 1 0 <nil>
	// true
}

func ExampleLoanService_Coupons() {
	srv := creditpockettest.Start()
	defer srv.Close()
	ada := srv.ReadyBorrower()
	ada.GiveCoupon(creditpocket.Naira(500))
	c := srv.Client(ada)
	coupons, err := c.Loans.Coupons(context.Background())
	fmt.Println(coupons[0].Amount, coupons[0].Status == creditpocket.CouponAvailable, err)
	// Output:
	// NGN 500.00 true <nil>
}
