package creditpocket_test

import (
	"context"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleUserService_SaveBasic() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	status, err := c.Users.SaveBasic(context.Background(), creditpocket.BasicInfo{FirstName: "Ada", LastName: "Borrower", BVN: "22222222222",
		Birthday: creditpocket.Date{Year: 1994, Month: 5, Day: 17}, Gender: creditpocket.Female, Email: "ada@example.com"})
	fmt.Println(status.Basic, status.Next, err)
	// Output:
	// true WORK <nil>
}

func ExampleUserService_Status() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	status, err := c.Users.Status(context.Background())
	fmt.Println(status.Complete, status.Next, err)
	// Output:
	// false BASIC <nil>
}

func ExampleUserService_SaveContacts() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	status, err := c.Users.SaveContacts(context.Background(), []creditpocket.EmergencyContact{
		{Name: "Chidi Borrower", Mobile: "08000000001", Relation: creditpocket.Parent},
		{Name: "Bola Friend", Mobile: "+2348000000002", Relation: creditpocket.Friend},
	})
	fmt.Println(status.Contact, err)
	// Output:
	// true <nil>
}

func ExampleUserService_SaveWork() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	status, err := c.Users.SaveWork(context.Background(), creditpocket.WorkInfo{Employment: creditpocket.Employed, Company: "Ikeja Textiles Ltd",
		IncomeCode: "3", PayDay: 25})
	fmt.Println(status.Work, err)
	// Output:
	// true <nil>
}

func ExampleUserService_SaveMore() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	status, err := c.Users.SaveMore(context.Background(), creditpocket.MoreInfo{Education: creditpocket.Bachelor,
		Children: creditpocket.Ptr(int32(0))}) // none; nil would be not told
	fmt.Println(status.More, err)
	// Output:
	// true <nil>
}

func ExampleUserService_Get() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	user, err := c.Users.Get(context.Background())
	fmt.Println(user.FirstName, user.BVN, user.Birthday, err)
	// Output:
	// Ada 222****2222 1994-05-17 <nil>
}

func ExampleUserService_Credit() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	credit, err := c.Users.Credit(context.Background())
	fmt.Println(credit.Limit, credit.Outstanding, err)
	// Output:
	// NGN 6,000.00 NGN 8,500.00 <nil>
}

func ExampleUserService_SaveBankAccount() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	account, err := c.Users.SaveBankAccount(context.Background(), creditpocket.NewBankAccount{BankCode: "50211", Number: "0000003101"})
	fmt.Println(account.BankName, account.Number, account.Default, err)
	// Output:
	// Kuda Bank ******3101 false <nil>
}

func ExampleUserService_EnsureRecipient() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	recipient, err := c.Users.EnsureRecipient(context.Background(), "") // the default account
	fmt.Println(recipient.Ready, err)
	// Output:
	// true <nil>
}

func ExampleUserService_Settings() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	settings, err := c.Users.Settings(context.Background())
	fmt.Println(settings.Language, settings.Push, err)
	// Output:
	// en true <nil>
}

func ExampleUserService_SaveSettings() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	settings, err := c.Users.SaveSettings(context.Background(), creditpocket.SettingsChange{Push: creditpocket.Ptr(false)})
	fmt.Println(settings.Language, settings.Push, err)
	// Output:
	// en false <nil>
}

func ExampleUserService_Subscribe() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	fmt.Println(c.Users.Subscribe(context.Background(), creditpocket.Topic{Name: "repayment-reminders", DeviceToken: "fcm-dR3x0mPl3",
		Platform: creditpocket.PlatformAndroid}))
	// Output:
	// <nil>
}

func ExampleUserService_Consents() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	consents, err := c.Users.Consents(context.Background())
	if err != nil {
		panic(err)
	}
	for _, consent := range consents {
		fmt.Println(consent.Purpose, consent.Required, consent.Granted)
	}
	// Output:
	// CREDIT_CHECK true false
	// LOCATION false false
}

func ExampleUserService_SaveConsent() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	consent, err := c.Users.SaveConsent(context.Background(), creditpocket.ConsentDecision{Purpose: creditpocket.ConsentCreditCheck,
		PolicyVersion: "2025-01", Granted: true})
	fmt.Println(consent.Purpose, consent.Granted, err)
	// Output:
	// CREDIT_CHECK true <nil>
}
