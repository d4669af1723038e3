package creditpocket_test

import (
	"context"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleSupportService_Questions() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	questions, err := c.Support.Questions(context.Background(), creditpocket.QuestionQuery{Category: "repayment", Limit: 5})
	fmt.Println(questions[0].Title, err)
	// Output:
	// How do I pay my loan back? <nil>
}

func ExampleSupportService_Phones() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	phones, err := c.Support.Phones(context.Background())
	fmt.Println(phones[0].Number, phones[0].Hours, err)
	// Output:
	// +2347000000001 Mon-Sat 08:00-18:00 <nil>
}

func ExampleSupportService_Email() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	email, err := c.Support.Email(context.Background())
	fmt.Println(email.Address, err)
	// Output:
	// help@cyclecash.example <nil>
}
