package creditpocket_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

// operationIDs are all operations of the contract.
func operationIDs(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("creditpockettest/contract.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, methods := range d.Paths {
		for _, op := range methods {
			ids = append(ids, op.OperationID)
		}
	}
	slices.Sort(ids)
	return ids
}

// must fails the test on an error and passes the value on.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// The whole of the contract has a method, and every method's request and answer fit the contract: the fake server checks both.
func TestEveryOperationHasAMethod(t *testing.T) {
	ctx, srv := context.Background(), creditpockettest.New(t)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	visitor := srv.Client(nil)
	for _, err := range []error{
		second(visitor.Auth.SendCode(ctx, creditpocket.CodeRequest{Mobile: "07000000004", Purpose: creditpocket.CodeForRegistration})),
		visitor.Auth.CheckCode(ctx, creditpocket.CodeCheck{Mobile: "07000000004", Code: creditpockettest.Code, Purpose: creditpocket.CodeForRegistration}),
		second(visitor.Banks.List(ctx)), second(visitor.Home.Products(ctx)), second(visitor.Home.RecentPayouts(ctx)),
		second(visitor.Dicts.Cities(ctx, "NG-LA")), second(visitor.Dicts.IncomeBands(ctx)), second(visitor.Support.Phones(ctx)),
		second(visitor.Support.Email(ctx)), second(visitor.Support.Questions(ctx, creditpocket.QuestionQuery{Category: "repayment", Limit: 5})),
	} {
		ok(err)
	}
	registered := must[creditpocket.Session](t)(visitor.Auth.Register(ctx, creditpocket.Registration{Mobile: "07000000004", Code: creditpockettest.Code,
		Password: "blue-mango-7421", Terminal: creditpocket.TerminalAndroid, InviteCode: "ADA2025"}))
	session := must[creditpocket.Session](t)(visitor.Auth.Login(ctx, creditpocket.LoginRequest{Mobile: "+2347000000004", Password: "blue-mango-7421", DeviceID: "x"}))
	if registered.UserID != session.UserID || session.Mobile != "7000000004" {
		t.Fatalf("registered %s, logged in %s", registered.UserID, session.UserID)
	}
	c := srv.Client(nil, creditpocket.WithToken(session.Token))
	if state := must[creditpocket.LoginState](t)(c.Auth.Check(ctx)); !state.LoggedIn || state.UserID != session.UserID {
		t.Errorf("state %+v", state)
	}
	fillProfile(t, c)
	reportDevice(t, c)
	walkLoan(t, srv, c)
	c = walkAccount(t, srv, visitor, c)
	ok(c.Auth.Logout(ctx))
	ok(c.Auth.LogoutByGet(ctx)) // a session that has ended is no error
	if state := must[creditpocket.LoginState](t)(c.Auth.Check(ctx)); state.LoggedIn {
		t.Error("still logged in")
	}
	for _, id := range operationIDs(t) {
		if id != "receivePaystackEvent" && len(srv.Calls(id)) == 0 {
			t.Errorf("no method called %s", id)
		}
	}
}

// walkAccount changes the session's token, ends another session, exports and erases a second borrower.
func walkAccount(t *testing.T, srv *creditpockettest.Server, visitor, c *creditpocket.Client) *creditpocket.Client {
	t.Helper()
	ctx := context.Background()
	refreshed := must[creditpocket.RefreshedToken](t)(c.Auth.Refresh(ctx))
	c = srv.Client(nil, creditpocket.WithToken(refreshed.Token))
	if all := must[[]creditpocket.OpenSession](t)(c.Auth.Sessions(ctx)); len(all) < 2 {
		t.Errorf("sessions %+v", all)
	}
	if left := must[[]creditpocket.OpenSession](t)(c.Auth.EndOtherSessions(ctx)); len(left) != 1 || !left[0].Current {
		t.Errorf("sessions left %+v", left)
	}
	if _, err := c.Auth.EndSession(ctx, "999"); !errors.Is(err, creditpocket.ErrSessionNotFound) {
		t.Errorf("a session that is not there: %v", err)
	}
	if _, err := c.Auth.ChangePassword(ctx, "not-the-present-one", "green-river-2208"); !errors.Is(err, creditpocket.ErrPasswordRequired) {
		t.Errorf("changed by a wrong password: %v", err)
	}
	if left := must[[]creditpocket.OpenSession](t)(c.Auth.ChangePassword(ctx, creditpockettest.Password, "green-river-2208")); len(left) != 1 {
		t.Errorf("sessions left %+v", left)
	}
	if x := must[creditpocket.Export](t)(c.Users.Export(ctx)); len(x.Sections) == 0 {
		t.Error("an empty export")
	}
	if err := c.Users.Erase(ctx, "wrong-password"); !errors.Is(err, creditpocket.ErrPasswordRequired) {
		t.Errorf("erased by a wrong password: %v", err)
	}
	if _, err := visitor.Auth.SendCode(ctx, creditpocket.CodeRequest{Mobile: "07000000005", Purpose: creditpocket.CodeForRegistration}); err != nil {
		t.Fatal(err)
	}
	goes := must[creditpocket.Session](t)(visitor.Auth.Register(ctx, creditpocket.Registration{Mobile: "07000000005", Code: creditpockettest.Code, Password: "blue-mango-7421"}))
	if err := srv.Client(nil, creditpocket.WithToken(goes.Token)).Users.Erase(ctx, "blue-mango-7421"); err != nil {
		t.Error(err)
	}
	return c
}

func second[T any](_ T, err error) error { return err }

func fillProfile(t *testing.T, c *creditpocket.Client) {
	t.Helper()
	ctx := context.Background()
	status := must[creditpocket.ProfileStatus](t)
	if s := status(c.Users.Status(ctx)); s.Next != creditpocket.StepBasic || s.Complete {
		t.Errorf("a new borrower: %+v", s)
	}
	status(c.Users.SaveBasic(ctx, creditpocket.BasicInfo{FirstName: "Ada", LastName: "Borrower", BVN: "22222222222",
		Birthday: creditpocket.Date{Year: 1994, Month: 5, Day: 17}, Gender: creditpocket.Female, Email: "ada@example.com", CityCode: "25001", Address: "12 Allen Avenue"}))
	status(c.Users.SaveWork(ctx, creditpocket.WorkInfo{Employment: creditpocket.Employed, IncomeCode: "3", PayDay: 25}))
	status(c.Users.SaveContacts(ctx, []creditpocket.EmergencyContact{{Name: "Chidi", Mobile: "08000000001", Relation: creditpocket.Parent}}))
	status(c.Users.SaveMore(ctx, creditpocket.MoreInfo{Education: creditpocket.Bachelor, Children: creditpocket.Ptr(int32(0)), StateCode: "NG-LA"}))
	for _, consent := range must[[]creditpocket.Consent](t)(c.Users.Consents(ctx)) {
		must[creditpocket.Consent](t)(c.Users.SaveConsent(ctx, creditpocket.ConsentDecision{Purpose: consent.Purpose, PolicyVersion: consent.PolicyVersion, Granted: true}))
	}
	if _, err := c.Banks.DefaultAccount(ctx); !errors.Is(err, creditpocket.ErrCardNotFound) {
		t.Errorf("no account yet: %v", err)
	}
	account := must[creditpocket.BankAccount](t)(c.Users.SaveBankAccount(ctx, creditpocket.NewBankAccount{BankCode: "058", Number: "0000003019", Default: creditpocket.Ptr(true)}))
	if account.Holder != "ADA BORROWER" || !account.Default {
		t.Errorf("account %+v", account)
	}
	must[creditpocket.Recipient](t)(c.Users.EnsureRecipient(ctx, ""))
	must[creditpocket.BankAccount](t)(c.Banks.SetDefaultAccount(ctx, account.ID, "blue-mango-7421"))
	must[creditpocket.BankAccount](t)(c.Banks.DefaultAccount(ctx))
	must[[]creditpocket.BankAccount](t)(c.Banks.Accounts(ctx))
	must[creditpocket.Settings](t)(c.Users.Settings(ctx))
	if s := must[creditpocket.Settings](t)(c.Users.SaveSettings(ctx, creditpocket.SettingsChange{Language: creditpocket.Hausa})); s.Language != creditpocket.Hausa || !s.Push {
		t.Errorf("settings %+v", s)
	}
	if err := c.Users.Subscribe(ctx, creditpocket.Topic{Name: "loans", DeviceToken: "fcm-1", Platform: creditpocket.PlatformAndroid}); err != nil {
		t.Fatal(err)
	}
	u := must[creditpocket.User](t)(c.Users.Get(ctx))
	if u.BVN != "222****2222" || u.Birthday.String() != "1994-05-17" || u.Work.PayDay != 25 || u.More.Education != creditpocket.Bachelor {
		t.Errorf("user %+v", u)
	}
	if s := status(c.Users.Status(ctx)); !s.Complete || s.Next != creditpocket.StepReady {
		t.Errorf("after everything: %+v", s)
	}
}

func reportDevice(t *testing.T, c *creditpocket.Client) {
	t.Helper()
	ctx := context.Background()
	device := creditpocket.Device{ID: "x", Brand: "TECNO", Model: "Spark 20", OS: creditpocket.Android, OSVersion: "14", AppVersion: "3.2.1", Rooted: creditpocket.Ptr(false)}
	for _, err := range []error{
		c.Devices.Report(ctx, device),
		c.Devices.ReportActivity(ctx, creditpocket.Activity{Event: creditpocket.AppOpened}),
		c.Devices.ReportLocation(ctx, creditpocket.Location{Latitude: 6.5244, Longitude: 3.3792, WiFi: []creditpocket.WiFi{{BSSID: "02:00:5e:10:00:01", Signal: creditpocket.Ptr(int32(-61))}}}),
		c.Devices.ReportAdSource(ctx, creditpocket.AdSource{Source: "google-play"}),
		c.Devices.ReportLoanClick(ctx, creditpocket.LoanClick{ProductID: "301", Event: creditpocket.LoanClicked}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		c.Devices.ReportAddressBook(ctx, []creditpocket.AddressBookEntry{{Name: "Ada", Mobile: "07000000009"}}),
		c.Devices.ReportShortMessages(ctx, []creditpocket.ShortMessage{{Address: "GTBank", Body: "x", Received: creditpocket.Date{Year: 2025, Month: 3, Day: 21}.Time()}}),
	} {
		if !errors.Is(err, creditpocket.ErrPolicyRefused) {
			t.Errorf("harvesting: %v", err)
		}
	}
}

func walkLoan(t *testing.T, srv *creditpockettest.Server, c *creditpocket.Client) {
	t.Helper()
	ctx := context.Background()
	if _, err := c.Loans.LatestOpen(ctx); !errors.Is(err, creditpocket.ErrLoanNotFound) {
		t.Errorf("no loan yet: %v", err)
	}
	bind := must[creditpocket.CardBind](t)(c.Banks.BindCard(ctx, ""))
	srv.Pay(bind.Reference)
	if bind = must[creditpocket.CardBind](t)(c.Banks.VerifyCard(ctx, bind.Reference)); bind.Status != creditpocket.Bound || bind.CardNumber != "408408******4081" {
		t.Errorf("bind %+v", bind)
	}
	if s := must[creditpocket.HomeStatus](t)(c.Home.Status(ctx)); !s.CanApply || len(s.Missing) != 0 {
		t.Errorf("home %+v", s)
	}
	must[creditpocket.Page[creditpocket.Product]](t)(c.Loans.Products(ctx, creditpocket.PageQuery{}))
	detail := must[creditpocket.ProductDetail](t)(c.Loans.Product(ctx, "301"))
	page := must[creditpocket.Page[creditpocket.Loan]](t)(c.Loans.Apply(ctx, creditpocket.Application{ProductID: detail.ID, QuoteID: detail.QuoteID,
		Terminal: creditpocket.TerminalWeb, Photos: []creditpocket.File{photo("selfie.jpg"), photo("document.jpg")}}))
	if len(page.Items) != 1 || page.Items[0].State != creditpocket.LoanSubmitted || page.Items[0].DueAmount != detail.DueAmount {
		t.Fatalf("page %+v", page)
	}
	if _, err := c.Images.Get(ctx, page.Items[0].PortraitCode); err != nil {
		t.Errorf("the selfie: %v", err)
	}
	borrowerOf(t, srv, c).Move(creditpocket.LoanActive)
	loan := must[creditpocket.Loan](t)
	for _, l := range []creditpocket.Loan{loan(c.Loans.LatestOpen(ctx)), loan(c.Loans.Latest(ctx)), loan(c.Home.LastLoan(ctx))} {
		if l.State != creditpocket.LoanActive || l.Remaining == nil || *l.Remaining != l.DueAmount {
			t.Errorf("after the payout: %s, remaining %v", l.State, l.Remaining)
		}
	}
	must[creditpocket.Credit](t)(c.Users.Credit(ctx))
	must[creditpocket.Page[creditpocket.Message]](t)(c.Messages.Page(ctx, creditpocket.PayoutMessage, creditpocket.PageQuery{Number: 1, Size: 5}))
	must[[]creditpocket.Coupon](t)(c.Loans.Coupons(ctx))
	must[creditpocket.Payoff](t)(c.Loans.Payoff(ctx, "", creditpocket.Date{}))
	must[creditpocket.Extension](t)(c.Loans.Extension(ctx, ""))
	must[creditpocket.Extension](t)(c.Loans.Extend(ctx, ""))
	must[creditpocket.Repayment](t)(c.Loans.Repay(ctx, creditpocket.RepayRequest{Amount: creditpocket.Ptr(creditpocket.Naira(100))}))
	checkout := must[creditpocket.Repayment](t)(c.Loans.Checkout(ctx, page.Items[0].ID))
	if checkout.Amount != detail.DueAmount-creditpocket.Naira(100) || !strings.HasPrefix(checkout.AuthorizationURL, "http") {
		t.Errorf("checkout %+v", checkout)
	}
	srv.Pay(checkout.Reference)
	loans := must[creditpocket.Page[creditpocket.Loan]](t)(c.Loans.Page(ctx, creditpocket.PageQuery{}))
	if loans.Total != 1 || loans.Items[0].State != creditpocket.LoanSettledEarly {
		t.Errorf("at the end: %s", loans.Items[0].State)
	}
	id := loans.Items[0].ID
	must[creditpocket.Statement](t)(c.Loans.Statement(ctx, id))
	letter := must[creditpocket.Clearance](t)(c.Loans.Clearance(ctx, id))
	if check := must[creditpocket.DocumentCheck](t)(c.Loans.VerifyDocument(ctx, letter.VerificationCode)); check.Kind != creditpocket.ClearanceDocument || check.Number != letter.Number {
		t.Errorf("document %+v", check)
	}
	for _, pdf := range [][]byte{must[[]byte](t)(c.Loans.StatementPDF(ctx, id)), must[[]byte](t)(c.Loans.ClearancePDF(ctx, id))} {
		if !strings.HasPrefix(string(pdf), "%PDF") {
			t.Errorf("no PDF: %.20s", pdf)
		}
	}
}

func photo(name string) creditpocket.File {
	return creditpocket.FileFromBytes(name, "image/jpeg", creditpockettest.Photo())
}

// borrowerOf finds the borrower of a client's session.
func borrowerOf(t *testing.T, srv *creditpockettest.Server, c *creditpocket.Client) *creditpockettest.Borrower {
	t.Helper()
	u := must[creditpocket.User](t)(c.Users.Get(context.Background()))
	return srv.Find(u.Mobile)
}
