package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const password = "correct-horse-7-battery"

// borrower is one virtual borrower. What it does is drawn from its own random source.
type borrower struct {
	app
	w      *world
	random *rand.Rand
	name   string // in keys: the same run makes the same
	mobile string
	id     string
	ending string // of the bank account: steers the gateway
	card   bool
	keys   int
	loans  int

	application request // of the latest loan, as it was sent
}

// endings weigh what the gateway does with a transfer.
var endings = []struct {
	digits string
	weight int
}{
	{"10", 34}, // success at once
	{"01", 20}, // pending, then success
	{"04", 12}, // accepted, no answer
	{"05", 10}, // 500 before it is accepted
	{"06", 14}, // 500 after it is accepted
	{"02", 4},  // pending, then failed
	{"03", 3},  // success, later reversed
	{"07", 3},  // waits, abandoned
}

func drawEnding(r *rand.Rand) string {
	total := 0
	for _, e := range endings {
		total += e.weight
	}
	n := r.IntN(total)
	for _, e := range endings {
		if n -= e.weight; n < 0 {
			return e.digits
		}
	}
	return endings[0].digits
}

// newBorrower draws the n-th borrower of the run.
func (w *world) newBorrower(n int) *borrower {
	r := rand.New(rand.NewPCG(w.seed, streamBorrowers+uint64(n)))
	b := &borrower{w: w, random: r, name: fmt.Sprintf("b%d", n), mobile: fmt.Sprintf("70%08d", 10_000_000+n), ending: drawEnding(r),
		app: app{base: w.front.url(), client: w.client, diary: w.diary, counts: w.counts}}
	if w.plan.ending != "" {
		b.ending = w.plan.ending
	}
	return b
}

// key makes the next idempotency key.
func (b *borrower) key(what string) string {
	b.keys++
	return fmt.Sprintf("%s-%s-%d-%d", what, b.name, b.w.seed, b.keys)
}

// signUp makes the borrower known and ready to apply.
func (b *borrower) signUp(ctx context.Context) error {
	if err := b.register(ctx); err != nil {
		return err
	}
	bands, err := want[struct{ List []struct{ Code string } }](b.get(ctx, "/dict/income/list"))
	if err != nil {
		return err
	}
	for _, step := range []struct {
		path string
		body any
	}{
		{"/user/info/basic", map[string]any{"firstName": "TEST", "lastName": "BORROWER", "dentityCard": "22" + b.mobile[1:],
			"birthday": "1994-05-17", "gender": 2, "email": "b" + b.mobile + "@example.com", "address": "12 Allen Avenue, Ikeja"}},
		{"/user/info/work", map[string]any{"employmentStatus": 1, "companyName": "Lagos Textiles", "position": "Buyer",
			"incomeCode": bands.List[len(bands.List)-1].Code, "payDay": 25}},
		{"/user/contact/emergency", map[string]any{"contacts": []any{map[string]any{"name": "Ada Obi", "mobile": "080" + b.mobile[2:], "relation": 2}}}},
	} {
		if _, err := want[any](b.post(ctx, step.path, step.body, "")); err != nil {
			return fmt.Errorf("%s: %w", step.path, err)
		}
	}
	b.diary.ack(acknowledged{What: promisedProfile, Subject: b.id, Borrower: b.id})
	consents, err := want[struct {
		List []struct {
			Purpose, PolicyVersion string
			Required               int
		}
	}](b.get(ctx, "/user/consent"))
	if err != nil {
		return err
	}
	for _, c := range consents.List {
		if c.Required == 0 {
			continue
		}
		if _, err := want[any](b.post(ctx, "/user/consent", map[string]any{"purpose": c.Purpose, "policyVersion": c.PolicyVersion, "granted": 1}, "")); err != nil {
			return err
		}
	}
	return b.addAccount(ctx)
}

// register makes the account, whatever gets lost on the way: a code that was used up by a registration whose answer was lost
// is followed by a login.
func (b *borrower) register(ctx context.Context) error {
	for range 4 {
		if _, err := want[any](b.post(ctx, "/sms/send", map[string]any{"mobile": b.mobile, "purpose": 1}, "")); err != nil {
			return fmt.Errorf("send a code: %w", err)
		}
		code := ""
		err := until(ctx, patience, "a code", func() (bool, error) { code = b.w.sms.code(b.mobile); return code != "", nil })
		if err != nil {
			return err
		}
		got, err := b.post(ctx, "/user/register", map[string]any{"mobile": b.mobile, "code": code, "password": password, "applyTerminal": 1}, "register-"+b.mobile+"-"+code)
		if err != nil {
			return err
		}
		if got.Reason == "ALREADY_REGISTERED" || got.Reason == "CODE_INVALID" {
			if got, err = b.post(ctx, "/user/login", map[string]any{"mobile": b.mobile, "password": password}, ""); err != nil {
				return err
			}
		}
		if !got.ok() {
			continue
		}
		user, err := want[struct{ UID, Token string }](got, nil)
		if err != nil {
			return err
		}
		b.id, b.token = user.UID, user.Token
		b.diary.ack(acknowledged{What: promisedBorrower, Subject: b.id, Borrower: b.id})
		return nil
	}
	return errors.New("could not register")
}

func (b *borrower) addAccount(ctx context.Context) error {
	number := fmt.Sprintf("%08d%s", 10_000_000+b.random.IntN(80_000_000), b.ending)
	account, err := want[struct{ ID string }](b.post(ctx, "/user/bank/simple", map[string]any{"bankNo": "058", "bankAccNo": number, "isDefault": 1}, b.key("bank")))
	if err != nil {
		return fmt.Errorf("bank account: %w", err)
	}
	b.diary.ack(acknowledged{What: promisedAccount, Subject: account.ID, Borrower: b.id})
	if b.random.IntN(3) > 0 {
		return nil
	}
	_, err = want[any](b.post(ctx, "/user/transfer/recipient", map[string]any{"cardId": account.ID}, ""))
	return err
}

// bindCard binds a card by the small charge.
func (b *borrower) bindCard(ctx context.Context) error {
	bind, err := want[struct{ Reference, AuthorizationURL string }](b.get(ctx, "/bank/card/bind/amount"))
	if err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	if err := b.pay(ctx, bind.AuthorizationURL, "4084", bind.Reference); err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); ; {
		state, err := want[struct{ BindStatus int }](b.get(ctx, "/bank/card/bind/verify?reference="+bind.Reference))
		if err != nil {
			return err
		}
		if state.BindStatus == 1 {
			b.diary.ack(acknowledged{What: promisedBound, Subject: bind.Reference, Borrower: b.id})
			b.card = true
			return nil
		}
		if state.BindStatus == 0 || time.Now().After(deadline) {
			return errGaveUp
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// loan is what an answer shows of a loan.
type loan struct {
	ID              string
	Status          int
	RemainingAmount string
	ShouldbackFee   string
}

func (l loan) remaining() int64 { n, _ := strconv.ParseInt(l.RemainingAmount, 10, 64); return n }

// look reads the latest loan and notes what it showed.
func (b *borrower) look(ctx context.Context) (loan, error) {
	// One reading at a time, not repeated inside: a repeat would stretch the interval in which it may have been true.
	for deadline := time.Now().Add(patience); ; {
		got, err := b.once(ctx, request{method: http.MethodGet, path: "/loan/record/latest"})
		if err == nil && !again(got) {
			l, err := want[loan](got, nil)
			if err == nil {
				b.diary.see(glance{Loan: l.ID, Status: l.Status, Remaining: l.remaining(), From: got.From, To: got.To})
			}
			return l, err
		}
		if time.Now().After(deadline) {
			return loan{}, errGaveUp
		}
		if err := pause(ctx, 60*time.Millisecond); err != nil {
			return loan{}, err
		}
	}
}

// watch looks at the latest loan until its status satisfies.
func (b *borrower) watch(ctx context.Context, limit time.Duration, enough func(status int) bool) (loan, error) {
	for deadline := time.Now().Add(limit); ; {
		l, err := b.look(ctx)
		if err != nil || enough(l.Status) {
			return l, err
		}
		if time.Now().After(deadline) {
			return l, fmt.Errorf("loan %s stayed in status %d: %w", l.ID, l.Status, errGaveUp)
		}
		if err := pause(ctx, time.Duration(150+b.random.IntN(250))*time.Millisecond); err != nil {
			return l, err
		}
	}
}
