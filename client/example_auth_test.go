package creditpocket_test

import (
	"context"
	"errors"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleAuthService_SendCode() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	sent, err := c.Auth.SendCode(context.Background(), creditpocket.CodeRequest{Mobile: "07000000004", Purpose: creditpocket.CodeForRegistration})
	if err != nil {
		panic(err)
	}
	fmt.Println(sent.Length, "digits, good for", sent.ExpiresIn)
	// Output:
	// 6 digits, good for 5m0s
}

func ExampleAuthService_CheckCode() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	ctx := context.Background()
	_, err := c.Auth.SendCode(ctx, creditpocket.CodeRequest{Mobile: "07000000004", Purpose: creditpocket.CodeForRegistration})
	if err != nil {
		panic(err)
	}
	err = c.Auth.CheckCode(ctx, creditpocket.CodeCheck{Mobile: "07000000004", Code: "000000", Purpose: creditpocket.CodeForRegistration})
	fmt.Println(errors.Is(err, creditpocket.ErrCodeInvalid))
	// Output:
	// true
}

func ExampleAuthService_Register() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	ctx := context.Background()
	_, err := c.Auth.SendCode(ctx, creditpocket.CodeRequest{Mobile: "07000000004", Purpose: creditpocket.CodeForRegistration})
	if err != nil {
		panic(err)
	}
	session, err := c.Auth.Register(ctx, creditpocket.Registration{Mobile: "07000000004", Code: creditpockettest.Code, Password: "blue-mango-7421"})
	if err != nil {
		panic(err)
	}
	fmt.Println(session.Mobile, session.New, session.Token)
	// Output:
	// 7000000004 true [redacted]
}

func ExampleAuthService_Login() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	ada := srv.ReadyBorrower()
	ctx := context.Background()
	session, err := c.Auth.Login(ctx, creditpocket.LoginRequest{Mobile: ada.Mobile(), Password: creditpockettest.Password})
	if err != nil {
		panic(err)
	}
	theirs, err := c.With(creditpocket.WithToken(session.Token)) // a client for this borrower
	if err != nil {
		panic(err)
	}
	user, err := theirs.Users.Get(ctx)
	fmt.Println(user.FirstName, err)
	// Output:
	// Ada <nil>
}

func ExampleAuthService_Check() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	state, err := c.Auth.Check(context.Background())
	fmt.Println(state.LoggedIn, err)
	// Output:
	// true <nil>
}

func ExampleAuthService_Logout() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	ctx := context.Background()
	fmt.Println(c.Auth.Logout(ctx))
	_, err := c.Users.Get(ctx)
	fmt.Println(errors.Is(err, creditpocket.ErrSessionExpired))
	// Output:
	// <nil>
	// true
}

func ExampleAuthService_LogoutByGet() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	fmt.Println(c.Auth.LogoutByGet(context.Background()))
	// Output:
	// <nil>
}
