package creditpocket_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func TestLogsAreRedacted(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.ReadyBorrower()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := srv.Client(nil, creditpocket.WithLogin(b.Login()), creditpocket.WithLogger(log), creditpocket.WithHeader("X-Api-Key", "partner-secret"))
	ctx := context.Background()
	srv.Script("getUserInfo", creditpockettest.Unavailable(0))
	for _, err := range []error{
		second(c.Users.Get(ctx)),
		second(c.Users.SaveBasic(ctx, creditpocket.BasicInfo{FirstName: "Ada", LastName: "Borrower", BVN: "22222222222", Birthday: creditpocket.Date{Year: 1994, Month: 5, Day: 17}, Gender: 2, Email: "ada@example.com"})),
		second(c.Users.SaveBankAccount(ctx, creditpocket.NewBankAccount{BankCode: "058", Number: "0000003027"})),
		second(c.Banks.Accounts(ctx)),
		second(c.Auth.SendCode(ctx, creditpocket.CodeRequest{Mobile: "07000000003", Purpose: creditpocket.CodeForLogin})),
		c.Auth.CheckCode(ctx, creditpocket.CodeCheck{Mobile: "07000000003", Code: creditpockettest.Code, Purpose: creditpocket.CodeForLogin}),
		second(c.Loans.Apply(ctx, application())),
		second(c.Users.Get(ctx, creditpocket.WithToken(b.Token()))),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, secret := range map[string]string{"token": b.Token().Reveal(), "password": creditpockettest.Password.Reveal(), "BVN": "22222222222", "account": "0000003027",
		"other account": "0000003019", "card": "408408", "code": creditpockettest.Code, "mobile": b.Mobile(), "email": "ada@example.com", "header": "partner-secret", "bytes": "JFIF"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the %s is in the log", name)
		}
	}
	for _, want := range []string{`"operation":"login"`, `"operation":"getUserInfo"`, `"status":503`, `"attempt":2`, `basicStatus`, `"Authorization":"[redacted]"`, `"request_id":"cp-`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log has no %s", want)
		}
	}
}

func TestLogsAreOffByDefault(t *testing.T) {
	srv := creditpockettest.New(t)
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	defer slog.SetDefault(before)
	if _, err := srv.Client(nil).Banks.List(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := srv.Client(nil, creditpocket.WithLogger(slog.New(slog.NewTextHandler(&out, nil)))) // Info
	if _, err := c.Banks.List(context.Background()); err != nil || out.Len() > 0 {
		t.Errorf("%v\n%s", err, out.String())
	}
}
