package creditpocket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleNew() {
	c, err := creditpocket.New("https://api.example.com",
		creditpocket.WithLogin(creditpocket.LoginRequest{Mobile: "07000000003", Password: "blue-mango-7421"}),
		creditpocket.WithUserAgent("acme-loans/2.1"),
		creditpocket.WithMaxRetries(3))
	fmt.Println(c != nil, err)
	// Output: true <nil>
}

func ExampleClient_With() {
	srv := creditpockettest.Start()
	defer srv.Close()
	service := srv.Client(nil)
	for range 2 {
		borrower := srv.ReadyBorrower()
		c, err := service.With(creditpocket.WithToken(borrower.Token()))
		if err != nil {
			panic(err)
		}
		user, err := c.Users.Get(context.Background())
		fmt.Println(user.ID == borrower.ID(), err)
	}
	// Output:
	// true <nil>
	// true <nil>
}

func ExampleError() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	_, err := c.Users.SaveWork(context.Background(), creditpocket.WorkInfo{Employment: 9, IncomeCode: "3"})
	var e *creditpocket.Error
	if errors.As(err, &e) {
		fmt.Println(e.HTTPStatus, e.Code, string(e.Reason))
		for _, f := range e.Fields {
			fmt.Println(f.Name, f.Message)
		}
	}
	// Output:
	// 400 4000 VALIDATION_FAILED
	// employmentStatus must be in range
}

func ExampleReason() {
	info, _ := creditpocket.ErrRateLimited.Info()
	fmt.Println(info.Code, info.HTTPStatus, info.Retryable)
	// Output: 4290 429 true
}

func ExampleWithResponseInto() {
	srv := creditpockettest.Start()
	defer srv.Close()
	srv.Script("listBanks", creditpockettest.Unavailable(0))
	var r creditpocket.Response
	_, err := srv.Client(nil).Banks.List(context.Background(), creditpocket.WithResponseInto(&r))
	fmt.Println(r.Status, r.Attempts, err)
	// Output: 200 2 <nil>
}

func ExampleWithMiddleware() {
	srv := creditpockettest.Start()
	defer srv.Close()
	trace := func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		resp, err := next(r)
		fmt.Println(r.Method, r.URL.Path, resp.StatusCode)
		return resp, err
	}
	c := srv.Client(nil, creditpocket.WithMiddleware(trace))
	if _, err := c.Banks.List(context.Background()); err != nil {
		panic(err)
	}
	// Output: GET /bank/dict/list 200
}

func ExampleNewTokenSource() {
	source := creditpocket.NewTokenSource(func(context.Context) (creditpocket.Token, error) {
		// Ask your own vault, or log in.
		return creditpocket.Token{Value: "Zk3vJw0bq1X8s6Yt4mE2uR7pL9dN5hC0aG3fV6xT1iQ", Expires: time.Now().Add(time.Hour)}, nil
	})
	token, err := source.Token(context.Background(), "")
	fmt.Println(token.Value, err)
	// Output: [redacted] <nil>
}

func ExampleParsePaymentEvent() {
	const secret creditpocket.Secret = "sk_test_1"
	event := creditpockettest.NewEvent("charge.success", "rp-152001-7f3a9c20d4", "success", creditpocket.Naira(8500))
	e, err := creditpocket.ParsePaymentEvent(event.Body, event.Signature(secret), secret)
	fmt.Println(e.Name, e.Reference, *e.Amount, err)
	// Output: charge.success rp-152001-7f3a9c20d4 NGN 8,500.00 <nil>
}

func ExampleReadPaymentEvent() {
	const secret creditpocket.Secret = "sk_test_1"
	http.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		event, err := creditpocket.ReadPaymentEvent(r, secret)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, event.Name) // ask for the loan; believe nothing else in the event
	})
}

func ExampleFile() {
	file := creditpocket.File{Name: "selfie.jpg", ContentType: "image/jpeg", Open: func() (io.ReadCloser, error) {
		resp, err := http.Get("https://photos.example.com/1") // asked again for every attempt
		if err != nil {
			return nil, err
		}
		return resp.Body, nil
	}}
	fmt.Println(file.Name)
	// Output: selfie.jpg
}

func ExampleKobo() {
	fmt.Println(creditpocket.Naira(16000), creditpocket.Kobo(2260050))
	// Output: NGN 16,000.00 NGN 22,600.50
}

func ExampleMasked() {
	account := creditpocket.Masked("0000003019")
	fmt.Println(account, account.Reveal())
	// Output: ******3019 0000003019
}
