package creditpocket_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleDeviceService_Report() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	fmt.Println(c.Devices.Report(context.Background(), creditpocket.Device{ID: "a1b2c3d4e5f60718", Brand: "TECNO", Model: "Spark 20",
		OS: creditpocket.Android, OSVersion: "14", AppVersion: "3.2.1"}))
	// Output:
	// <nil>
}

func ExampleDeviceService_ReportActivity() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	fmt.Println(c.Devices.ReportActivity(context.Background(), creditpocket.Activity{Event: creditpocket.AppOpened}))
	// Output:
	// <nil>
}

func ExampleDeviceService_ReportLocation() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	err := c.Devices.ReportLocation(context.Background(), creditpocket.Location{Latitude: 6.52, Longitude: 3.38})
	fmt.Println(errors.Is(err, creditpocket.ErrConsentRequired))
	// Output:
	// true
}

func ExampleDeviceService_ReportAddressBook() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	err := c.Devices.ReportAddressBook(context.Background(), []creditpocket.AddressBookEntry{{Name: "Ada", Mobile: "07000000009"}})
	fmt.Println(errors.Is(err, creditpocket.ErrPolicyRefused))
	// Output:
	// true
}

func ExampleDeviceService_ReportShortMessages() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	err := c.Devices.ReportShortMessages(context.Background(), []creditpocket.ShortMessage{{Address: "GTBank", Body: "x", Received: time.Now()}})
	fmt.Println(errors.Is(err, creditpocket.ErrPolicyRefused))
	// Output:
	// true
}

func ExampleDeviceService_ReportAdSource() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	fmt.Println(c.Devices.ReportAdSource(context.Background(), creditpocket.AdSource{Source: "google-play", Campaign: "march-launch"}))
	// Output:
	// <nil>
}

func ExampleDeviceService_ReportLoanClick() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.NewBorrower())
	fmt.Println(c.Devices.ReportLoanClick(context.Background(), creditpocket.LoanClick{ProductID: "301", Event: creditpocket.LoanClicked}))
	// Output:
	// <nil>
}
