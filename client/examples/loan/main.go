// Command loan is a partner's program: it brings a borrower from the first code to a repaid loan with the SDK, against a development
// server. Start one with `make run`, then:
//
//	go run ./examples/loan                                        # http://127.0.0.1:8080
//	BASE_URL=http://127.0.0.1:9090 go run ./examples/loan
//
// Package devserver stands in for people: the borrower who reads a text message and pays at the gateway's page.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/internal/devserver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := run(ctx, strings.TrimRight(cmp.Or(os.Getenv("BASE_URL"), "http://127.0.0.1:8080"), "/")); err != nil {
		fmt.Fprintln(os.Stderr, "loan:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, base string) error {
	mobile, password := devserver.NewMobile(), creditpocket.Secret("correct-horse-7-battery")
	visitor, err := creditpocket.New(base, creditpocket.WithUserAgent("loan-example/1.0"))
	if err != nil {
		return err
	}
	if err := register(ctx, visitor, base, mobile, password); err != nil {
		return err
	}
	// From here on the client logs in by itself, now and whenever the session has ended.
	c, err := visitor.With(creditpocket.WithLogin(creditpocket.LoginRequest{Mobile: mobile, Password: password}))
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, *creditpocket.Client) error{profile, apply, payout, repay} {
		if err := step(ctx, c); err != nil {
			return err
		}
	}
	return c.Auth.Logout(ctx)
}

func register(ctx context.Context, c *creditpocket.Client, base, mobile string, password creditpocket.Secret) error {
	sent, err := c.Auth.SendCode(ctx, creditpocket.CodeRequest{Mobile: mobile, Purpose: creditpocket.CodeForRegistration})
	if err != nil {
		return err
	}
	fmt.Printf("a code of %d digits was sent to %s, good for %s\n", sent.Length, mobile, sent.ExpiresIn)
	code, err := devserver.Code(ctx, base, mobile)
	if err != nil {
		return err
	}
	session, err := c.Auth.Register(ctx, creditpocket.Registration{Mobile: mobile, Code: creditpocket.Secret(code), Password: password, Terminal: creditpocket.TerminalWeb})
	if err != nil {
		return err
	}
	fmt.Printf("registered as user %s\n", session.UserID)
	return nil
}

func profile(ctx context.Context, c *creditpocket.Client) error {
	bands, err := c.Dicts.IncomeBands(ctx)
	if err != nil {
		return err
	}
	_, err = c.Users.SaveBasic(ctx, creditpocket.BasicInfo{FirstName: "TEST", LastName: "BORROWER", BVN: creditpocket.Secret(devserver.NewBVN()),
		Birthday: creditpocket.Date{Year: 1994, Month: time.May, Day: 17}, Gender: creditpocket.Female, Email: "ada@example.com", Address: "12 Allen Avenue, Ikeja"})
	if err != nil {
		return err
	}
	if _, err = c.Users.SaveWork(ctx, creditpocket.WorkInfo{Employment: creditpocket.Employed, Company: "Lagos Textiles", IncomeCode: bands[len(bands)/2].Code, PayDay: 25}); err != nil {
		return err
	}
	if _, err = c.Users.SaveContacts(ctx, []creditpocket.EmergencyContact{{Name: "Ada Obi", Mobile: "08031234567", Relation: creditpocket.Parent}}); err != nil {
		return err
	}
	consents, err := c.Users.Consents(ctx)
	if err != nil {
		return err
	}
	for _, consent := range consents {
		if consent.Required {
			if _, err := c.Users.SaveConsent(ctx, creditpocket.ConsentDecision{Purpose: consent.Purpose, PolicyVersion: consent.PolicyVersion, Granted: true}); err != nil {
				return err
			}
		}
	}
	account, err := c.Users.SaveBankAccount(ctx, creditpocket.NewBankAccount{BankCode: "058", Number: creditpocket.Masked(devserver.NewAccount())})
	if err != nil {
		return err
	}
	status, err := c.Users.Status(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("account %s at %s of %s; next step: %s\n", account.Number, account.BankName, account.Holder, status.Next)
	return nil
}

func apply(ctx context.Context, c *creditpocket.Client) error {
	for product, err := range c.Loans.AllProducts(ctx) {
		if err != nil {
			return err
		}
		if !product.Eligible {
			continue
		}
		detail, err := c.Loans.Product(ctx, product.ID)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %s now, %s on %s, total cost %s (%s a year)\n", detail.Name, detail.Payout, detail.DueAmount, detail.Due.Format(time.DateOnly), detail.TotalCost, detail.APR)
		selfie := creditpocket.FileFromBytes("selfie.jpg", "image/jpeg", devserver.Photo(720, 960))
		page, err := c.Loans.Apply(ctx, creditpocket.Application{ProductID: detail.ID, QuoteID: detail.QuoteID, Terminal: creditpocket.TerminalWeb, Photos: []creditpocket.File{selfie}})
		if err != nil {
			return err
		}
		fmt.Printf("applied: loan %s is %s\n", page.Items[0].Number, page.Items[0].State)
		return nil
	}
	return errors.New("no product is open to a new borrower")
}

func payout(ctx context.Context, c *creditpocket.Client) error {
	loan, err := wait(ctx, c, creditpocket.LoanState.Owing)
	if err != nil {
		return err
	}
	fmt.Printf("paid out: %s to %s at %s, due %s\n", loan.PaidOut, loan.AccountNumber, loan.BankName, loan.Due.Format(time.DateTime))
	return nil
}

func repay(ctx context.Context, c *creditpocket.Client) error {
	payment, err := c.Loans.Checkout(ctx, "")
	if err != nil {
		return err
	}
	fmt.Printf("to pay: %s at %s\n", payment.Amount, payment.AuthorizationURL)
	if err := devserver.Pay(ctx, payment.AuthorizationURL, "5395"); err != nil {
		return err
	}
	loan, err := wait(ctx, c, creditpocket.LoanState.Settled)
	if err != nil {
		return err
	}
	fmt.Printf("repaid: %s of %s, the loan is %s\n", loan.Paid, loan.DueAmount, loan.State)
	return nil
}

// wait asks for the latest loan until its state is right, and gives up on a state that nothing follows.
func wait(ctx context.Context, c *creditpocket.Client, right func(creditpocket.LoanState) bool) (creditpocket.Loan, error) {
	for {
		loan, err := c.Loans.Latest(ctx)
		if err != nil || right(loan.State) {
			return loan, err
		}
		if !loan.State.Open() {
			return loan, fmt.Errorf("the loan is %s: %s", loan.State, loan.RiskDetail)
		}
		select {
		case <-ctx.Done():
			return loan, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}
