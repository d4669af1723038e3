package creditpocket_test

import (
	"context"
	"errors"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleAuthService_Sessions() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	open, err := c.Auth.Sessions(context.Background())
	if err != nil {
		panic(err)
	}
	for _, s := range open {
		fmt.Println(s.Terminal == creditpocket.TerminalAndroid, s.Current)
	}
	// Output:
	// true true
}

func ExampleAuthService_EndSession() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	_, err := c.Auth.EndSession(context.Background(), "7")
	fmt.Println(errors.Is(err, creditpocket.ErrSessionNotFound))
	// Output:
	// true
}

func ExampleAuthService_EndOtherSessions() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	left, err := c.Auth.EndOtherSessions(context.Background())
	fmt.Println(len(left), err)
	// Output:
	// 1 <nil>
}

func ExampleAuthService_Refresh() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	refreshed, err := c.Auth.Refresh(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(refreshed.Token) // keep refreshed.Token.Reveal() in a safe place
	// Output:
	// [redacted]
}

func ExampleAuthService_ChangePassword() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	left, err := c.Auth.ChangePassword(context.Background(), creditpockettest.Password, "green-river-2208")
	fmt.Println(len(left), err) // every other session is over
	_, err = c.Auth.ChangePassword(context.Background(), "green-river-2208", "password")
	fmt.Println(errors.Is(err, creditpocket.ErrPasswordTooCommon))
	// Output:
	// 1 <nil>
	// true
}

func ExampleUserService_Export() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	all, err := c.Users.Export(context.Background())
	if err != nil {
		panic(err)
	}
	for _, section := range all.Sections {
		fmt.Println(section.Name, len(section.Records))
	}
	// Output:
	// consents 1
}

func ExampleUserService_Erase() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	err := c.Users.Erase(context.Background(), "not-the-password")
	fmt.Println(errors.Is(err, creditpocket.ErrPasswordRequired))
	// Output:
	// true
}
