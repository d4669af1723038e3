package journey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options choose a walk. Zero values mean the defaults named at each field.
type Options struct {
	BaseURL string
	Out     io.Writer
	Mobile  string // default: a random Nigerian number
	// AccountEnd are the last two digits of the bank account, which steer the simulator. Default "01": the transfer is
	// pending first, so that the walk sees every state.
	AccountEnd string
	ProductID  string // default: the first product the borrower may have
	// Patience is how long a request without an answer is repeated; see Client.Persist. It also lengthens every wait.
	Patience time.Duration
	// PayByHand stops before the checkout page is paid, and waits for a person (or a browser under test) to press Pay.
	PayByHand func(ctx context.Context, authorizationURL string) error
}

// Result is what a walk saw.
type Result struct {
	Mobile, Password string
	UID, LoanID      string
	Statuses         []int // of the loan, in the order they were first seen
}

const password = "correct-horse-7-battery"

// Walk is the whole journey: code, registration, login, profile, account, card, consents, product and quote, application
// with two photographs, payout, messages, repayment at the checkout page, history. It returns an error where an answer is
// not what the contract and the state table say.
func Walk(ctx context.Context, o Options) (Result, *Client, error) {
	if o.Mobile == "" {
		o.Mobile = fmt.Sprintf("70%08d", rand.IntN(100_000_000))
	}
	if o.AccountEnd == "" {
		o.AccountEnd = "01"
	}
	c, err := NewClient(o.BaseURL, o.Out)
	if err != nil {
		return Result{}, nil, err
	}
	c.Persist(o.Patience)
	w := &walk{Client: c, o: o, r: Result{Mobile: o.Mobile, Password: password}}
	for _, part := range []func(context.Context) error{w.signUp, w.profile, w.bank, w.card, w.choose, w.apply, w.payout, w.repay, w.afterwards} {
		if err := part(ctx); err != nil {
			return w.r, c, err
		}
	}
	return w.r, c, nil
}

type walk struct {
	*Client
	o       Options
	r       Result
	product string
	quote   string
}

// ErrLimited says that the server's limits ended the journey.
var ErrLimited = errors.New("the server's limits end the journey")

// want checks that an answer is a success and decodes its data.
func want[T any](a Answer, err error) (T, error) {
	var data T
	if err != nil {
		return data, err
	}
	if a.Status != 200 || a.Code != 1 {
		err := fmt.Errorf("expected success, got %d %d %s: %s", a.Status, a.Code, a.Reason, a.Message)
		if a.Status == http.StatusTooManyRequests {
			err = fmt.Errorf("%w: %w", ErrLimited, err)
		}
		return data, err
	}
	return data, json.Unmarshal(a.Data, &data)
}

func done(a Answer, err error) error {
	_, err = want[json.RawMessage](a, err)
	return err
}

func (w *walk) signUp(ctx context.Context) error {
	w.say("First launch: what the app shows to anybody")
	if err := done(w.Get(ctx, "/home/product")); err != nil {
		return err
	}
	w.say("Send a code to %s", w.o.Mobile)
	if err := done(w.Post(ctx, "/sms/send", map[string]any{"mobile": w.o.Mobile, "purpose": 1}, nil)); err != nil {
		return err
	}
	w.say("Register")
	var registered Answer
	for tried := []string{}; ; {
		code, err := w.readCode(ctx, w.o.Mobile, tried)
		if err != nil {
			return err
		}
		registered, err = w.Post(ctx, "/user/register", map[string]any{"mobile": w.o.Mobile, "code": code, "password": password, "applyTerminal": 1},
			map[string]string{"Idempotency-Key": fmt.Sprintf("register-%s-%d", w.o.Mobile, len(tried))})
		if err != nil {
			return err
		}
		// Where the answer to "send a code" was lost and the request repeated, two codes are on their way, and the later one counts.
		if registered.Reason != "CODE_INVALID" || w.o.Patience == 0 {
			break
		}
		tried = append(tried, code)
	}
	user, err := want[struct{ UID, Token string }](registered, nil)
	if err != nil {
		return err
	}
	w.r.UID = user.UID
	w.say("Log in")
	login, err := want[struct{ UID, Token string }](w.Post(ctx, "/user/login", map[string]any{"mobile": w.o.Mobile, "password": password}, nil))
	if err != nil {
		return err
	}
	if login.UID != user.UID {
		return errors.New("the login is another user than the registration")
	}
	w.SetToken(login.Token)
	return done(w.Get(ctx, "/user/login/check"))
}

func (w *walk) profile(ctx context.Context) error {
	w.say("Who the borrower is")
	for _, step := range []struct {
		path string
		body any
	}{
		{"/device/phone", map[string]any{"deviceId": "demo-" + w.o.Mobile, "brand": "Tecno", "model": "Spark 20", "osName": "ANDROID", "osVersion": "14", "appVersion": "1.0.0"}},
		{"/user/info/basic", map[string]any{"firstName": "TEST", "lastName": "BORROWER", "dentityCard": fmt.Sprintf("22%09d", rand.IntN(1_000_000_000)),
			"birthday": "1994-05-17", "gender": 2, "email": "borrower" + w.o.Mobile + "@example.com", "address": "12 Allen Avenue, Ikeja"}},
		{"/user/info/work", map[string]any{"employmentStatus": 1, "companyName": "Lagos Textiles", "position": "Buyer", "incomeCode": w.income(ctx), "payDay": 25}},
		{"/user/info/more", map[string]any{"education": 3, "maritalStatus": 2, "children": 1, "residenceType": 2, "stateCode": "NG-LA"}},
		{"/user/contact/emergency", map[string]any{"contacts": []any{map[string]any{"name": "Ada Obi", "mobile": "080" + w.o.Mobile[len(w.o.Mobile)-8:], "relation": 2}}}},
		{"/user/setting", map[string]any{"language": "en", "marketingConsent": 0, "pushEnabled": 1}},
		{"/user/topic", map[string]any{"topic": "loans", "deviceToken": "demo-token-" + w.o.Mobile, "platform": 1}},
	} {
		if err := done(w.Post(ctx, step.path, step.body, nil)); err != nil {
			return fmt.Errorf("%s: %w", step.path, err)
		}
	}
	w.say("Consents")
	consents, err := want[struct {
		List []struct {
			Purpose, PolicyVersion string
			Required               int
		}
	}](w.Get(ctx, "/user/consent"))
	if err != nil {
		return err
	}
	for _, p := range consents.List {
		if p.Required == 0 {
			continue
		}
		if err := done(w.Post(ctx, "/user/consent", map[string]any{"purpose": p.Purpose, "policyVersion": p.PolicyVersion, "granted": 1}, nil)); err != nil {
			return err
		}
	}
	return nil
}

// income is the code of an income band in the middle of the dictionary; "" where there is none, which the server refuses.
func (w *walk) income(ctx context.Context) string {
	bands, err := want[struct{ List []struct{ Code string } }](w.Get(ctx, "/dict/income/list"))
	if err != nil || len(bands.List) == 0 {
		return ""
	}
	return bands.List[len(bands.List)/2].Code
}

func (w *walk) bank(ctx context.Context) error {
	w.say("Bank account")
	banks, err := want[struct {
		List []struct{ BankNo, BankName string }
	}](w.Get(ctx, "/bank/dict/list"))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(banks.List, func(b struct{ BankNo, BankName string }) bool { return b.BankNo == "058" }) {
		return errors.New("bank 058 is not in the dictionary")
	}
	account := fmt.Sprintf("%08d%s", rand.IntN(100_000_000), w.o.AccountEnd)
	card, err := want[struct{ ID string }](w.Post(ctx, "/user/bank/simple",
		map[string]any{"bankNo": "058", "bankAccNo": account, "isDefault": 1}, map[string]string{"Idempotency-Key": "bank-" + w.o.Mobile}))
	if err != nil {
		return err
	}
	return done(w.Post(ctx, "/user/transfer/recipient", map[string]any{"cardId": card.ID}, nil))
}

func (w *walk) card(ctx context.Context) error {
	w.say("Bind a card by a small charge that is refunded")
	bind, err := want[struct{ Reference, AuthorizationURL, Amount string }](w.Get(ctx, "/bank/card/bind/amount"))
	if err != nil {
		return err
	}
	if err := w.Pay(ctx, bind.AuthorizationURL, "4084"); err != nil {
		return err
	}
	err = w.poll(ctx, 15*time.Second, "the card to be bound", func() (bool, error) {
		state, err := want[struct{ BindStatus int }](w.Get(ctx, "/bank/card/bind/verify?reference="+bind.Reference))
		return state.BindStatus == 1, err
	})
	if err != nil {
		return err
	}
	return done(w.Get(ctx, "/bank/card/default"))
}

func (w *walk) choose(ctx context.Context) error {
	w.say("Products, and the whole price of one")
	status, err := want[struct{ Complete int }](w.Get(ctx, "/user/info/status"))
	if err != nil {
		return err
	}
	if status.Complete != 1 {
		return errors.New("the profile is not complete after all of it was saved")
	}
	w.product = w.o.ProductID
	if w.product == "" {
		page, err := want[struct {
			List []struct {
				ID       string
				Eligible int
			}
		}](w.Get(ctx, "/loan/product/page?pageNum=1&pageSize=20"))
		if err != nil {
			return err
		}
		for _, p := range page.List {
			if p.Eligible == 1 {
				w.product = p.ID
				break
			}
		}
		if w.product == "" {
			return errors.New("no product is open to a new borrower")
		}
	}
	detail, err := want[struct{ QuoteID, TotalCost, ShouldbackFee string }](w.Get(ctx, "/loan/product/detail?id="+w.product))
	if err != nil {
		return err
	}
	w.quote = detail.QuoteID
	return nil
}

// loan is the part of LoanVo that the walk looks at.
type loan struct {
	ID              string
	Status          int
	RemainingAmount string
	ShouldbackFee   string
	ActualbackAmt   string
}

func (w *walk) apply(ctx context.Context) error {
	w.say("Apply with two photographs")
	selfie, err := Photo(720, 960, 1)
	if err != nil {
		return err
	}
	document, err := Photo(1280, 800, 2)
	if err != nil {
		return err
	}
	body, contentType, err := ApplyForm(w.product, w.quote, selfie, document)
	if err != nil {
		return err
	}
	key := map[string]string{"Idempotency-Key": "apply-" + w.o.Mobile}
	send := func() (Answer, error) { return w.Send(ctx, "POST", "/loan/record/apply", contentType, body, key) }
	page, err := want[struct{ List []loan }](send())
	if err != nil {
		return err
	}
	if len(page.List) != 1 {
		return fmt.Errorf("a first application gave %d loans", len(page.List))
	}
	w.r.LoanID = page.List[0].ID
	w.see(page.List[0].Status)
	w.say("The same application again, as after a lost answer: the same loan")
	a, err := send()
	again, err := want[struct{ List []loan }](a, err)
	if err != nil {
		return err
	}
	if (!a.Replayed && w.o.Patience == 0) || len(again.List) != 1 || again.List[0].ID != w.r.LoanID {
		return errors.New("the repeated application was not answered with the first one's result")
	}
	return nil
}

func (w *walk) see(status int) {
	if !slices.Contains(w.r.Statuses, status) {
		w.r.Statuses = append(w.r.Statuses, status)
	}
}

// within tells whether statuses are those of a way, in its order, with its first and its last.
func within(statuses, way []int) bool {
	at := 0
	for _, status := range statuses {
		step := slices.Index(way[at:], status)
		if step < 0 || at == 0 && step > 0 {
			return false
		}
		at += step + 1
	}
	return at == len(way)
}

// until polls the latest loan until it has the status.
func (w *walk) until(ctx context.Context, status int) (loan, error) {
	var latest loan
	err := w.poll(ctx, 60*time.Second, fmt.Sprintf("status %d", status), func() (bool, error) {
		var err error
		if latest, err = want[loan](w.Get(ctx, "/loan/record/latest")); err != nil {
			return false, err
		}
		w.see(latest.Status)
		return latest.Status == status, nil
	})
	return latest, err
}

func (w *walk) payout(ctx context.Context) error {
	w.say("Wait for the decision and the payout")
	if _, err := w.until(ctx, 5); err != nil {
		return err
	}
	// On a busy machine a state may be over before the app looks again. What was seen must still stand in the order of the state table.
	if expected := []int{1, 3, 4, 5}; !within(w.r.Statuses, expected) && w.o.AccountEnd == "01" && w.o.Patience == 0 {
		return fmt.Errorf("the loan was seen in the states %v, expected %v", w.r.Statuses, expected)
	}
	w.say("Messages so far")
	messages, err := want[struct{ Total string }](w.Get(ctx, "/message/page?pageNum=1&pageSize=20"))
	if err != nil {
		return err
	}
	if messages.Total == "0" {
		return errors.New("no message tells of the payout")
	}
	return done(w.Get(ctx, "/loan/record/latest/open"))
}

func (w *walk) repay(ctx context.Context) error {
	w.say("Repay at the gateway's checkout page")
	intent, err := want[struct{ Amount, Reference, AuthorizationURL string }](w.Get(ctx, "/loan/record/repay"))
	if err != nil {
		return err
	}
	again, err := want[struct{ Reference string }](w.Get(ctx, "/loan/record/repay"))
	if err != nil {
		return err
	}
	if again.Reference != intent.Reference {
		return errors.New("asking twice gave two payment intents")
	}
	if w.o.PayByHand != nil {
		err = w.o.PayByHand(ctx, intent.AuthorizationURL)
	} else {
		err = w.Pay(ctx, intent.AuthorizationURL, "5395")
	}
	if err != nil {
		return err
	}
	paid, err := w.until(ctx, 8)
	if err != nil {
		return err
	}
	if paid.RemainingAmount != "0" || paid.ActualbackAmt != paid.ShouldbackFee {
		return fmt.Errorf("settled, but %s of %s is paid and %q remains", paid.ActualbackAmt, paid.ShouldbackFee, paid.RemainingAmount)
	}
	return nil
}

func (w *walk) afterwards(ctx context.Context) error {
	w.say("History")
	page, err := want[struct {
		List  []loan
		Total string
	}](w.Get(ctx, "/loan/record/page?pageNum=1&pageSize=10"))
	if err != nil {
		return err
	}
	if page.Total != "1" || len(page.List) != 1 || page.List[0].Status != 8 {
		return errors.New("the history does not show one loan that was settled early")
	}
	a, err := w.Get(ctx, "/loan/record/latest/open")
	if err != nil {
		return err
	}
	if a.Status != 404 || a.Reason != "LOAN_NOT_FOUND" {
		return fmt.Errorf("there should be no open loan any more, got %d %s", a.Status, a.Reason)
	}
	return done(w.Get(ctx, "/message/page"))
}

// poll asks every 150 ms until ready.
func (w *walk) poll(ctx context.Context, limit time.Duration, what string, ready func() (bool, error)) error {
	limit += w.o.Patience
	deadline := time.Now().Add(limit)
	for {
		ok, err := ready()
		if ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %s for %s", limit, what)
		}
		if err := pause(ctx, 150*time.Millisecond); err != nil {
			return err
		}
	}
}

// Demo walks the journey with everything printed, and ends with one RESULT line.
func Demo(ctx context.Context, baseURL string, out io.Writer) error {
	started := time.Now()
	result, _, err := Walk(ctx, Options{BaseURL: baseURL, Out: out})
	if err != nil {
		fmt.Fprintf(out, "\nRESULT demo ok=false seconds=%.1f\n", time.Since(started).Seconds())
		return err
	}
	fmt.Fprintf(out, "\nRESULT demo ok=true loan=%s statuses=%v seconds=%.1f\n", result.LoanID, strings.Trim(strings.ReplaceAll(fmt.Sprint(result.Statuses), " ", ","), "[]"), time.Since(started).Seconds())
	return nil
}
