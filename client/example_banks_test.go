package creditpocket_test

import (
	"context"
	"errors"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleBankService_List() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	banks, err := c.Banks.List(context.Background())
	if err != nil {
		panic(err)
	}
	for _, bank := range banks {
		fmt.Println(bank.Code, bank.Name)
	}
	// Output:
	// 058 GT Bank
	// 011 First Bank of Nigeria
	// 50211 Kuda Bank
}

func ExampleBankService_Accounts() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	accounts, err := c.Banks.Accounts(context.Background())
	if err != nil {
		panic(err)
	}
	for _, account := range accounts {
		fmt.Println(account.BankName, account.Number, account.CardNumber)
	}
	// Output:
	// GT Bank ******3019 408408******4081
}

func ExampleBankService_DefaultAccount() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	_, err := c.Banks.DefaultAccount(context.Background())
	fmt.Println(errors.Is(err, creditpocket.ErrCardNotFound))
	// Output:
	// true
}

func ExampleBankService_SetDefaultAccount() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	ctx := context.Background()
	second, err := c.Users.SaveBankAccount(ctx, creditpocket.NewBankAccount{BankCode: "50211", Number: "0000003101"})
	if err != nil {
		panic(err)
	}
	account, err := c.Banks.SetDefaultAccount(ctx, second.ID, "blue-mango-7421")
	fmt.Println(account.BankName, account.Default, err)
	// Output:
	// Kuda Bank true <nil>
}

func ExampleBankService_BindCard() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	ctx := context.Background()
	account, err := c.Users.SaveBankAccount(ctx, creditpocket.NewBankAccount{BankCode: "50211", Number: "0000003101"})
	if err != nil {
		panic(err)
	}
	bind, err := c.Banks.BindCard(ctx, account.ID) // the borrower opens bind.AuthorizationURL
	fmt.Println(bind.Amount, bind.Status == creditpocket.BindOpen, err)
	// Output:
	// NGN 50.00 true <nil>
}

func ExampleBankService_VerifyCard() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	ctx := context.Background()
	account, err := c.Users.SaveBankAccount(ctx, creditpocket.NewBankAccount{BankCode: "50211", Number: "0000003101"})
	if err != nil {
		panic(err)
	}
	bind, err := c.Banks.BindCard(ctx, account.ID)
	if err != nil {
		panic(err)
	}
	srv.Pay(bind.Reference) // the borrower pays
	bind, err = c.Banks.VerifyCard(ctx, bind.Reference)
	fmt.Println(bind.Status == creditpocket.Bound, bind.CardNumber, err)
	// Output:
	// true 408408******4081 <nil>
}
