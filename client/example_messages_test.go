package creditpocket_test

import (
	"context"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleMessageService_Page() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	page, err := c.Messages.Page(context.Background(), creditpocket.PayoutMessage, creditpocket.PageQuery{})
	fmt.Println(page.Total, page.Items[0].Text, err)
	// Output:
	// 1 NGN 6,000.00 was sent to your GT Bank account. <nil>
}

func ExampleMessageService_All() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	for message, err := range c.Messages.All(context.Background(), creditpocket.AnyMessage) {
		if err != nil {
			panic(err)
		}
		fmt.Println(message.Title, message.Read)
	}
	// Output:
	// Your money is on the way false
}
