package e2e

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// second is a brand with nothing but its name.
const second = "SecondBrand"

// addBrand makes the second brand, and waits until the server knows it.
func (w *world) addBrand() {
	w.Helper()
	testkit.Exec(w.T, w.app.DatabaseURL, `INSERT INTO brands (code, name, indent_prefix) VALUES ($1, $1, 'SB')`, second)
	w.eventually(10*time.Second, "the server to know the brand", func() bool {
		return w.send(call{Request: w.request("listBanks")}.with("X-App-Code", second)).Status == http.StatusOK
	})
}

// cast is one borrower for each thing that an operation can depend on.
type cast struct {
	w       *world
	fresh   *borrower // registered, nothing more
	ready   *borrower // may apply; an account, no card
	active  *borrower // an active loan, an account with a card, and another account without one
	settled *borrower // a loan that is paid
	blocked *borrower // the account is blocked
}

// newCast makes the borrowers, through the operations alone but for the block.
func (w *world) newCast() *cast {
	w.Helper()
	c := &cast{w: w, fresh: w.register(), blocked: w.register()}
	c.ready = w.register().profile().account("11")
	c.active = w.register().profile().account("12").bind().apply(5)
	c.settled = w.register().profile().account("13").apply(5).settle()
	c.blocked.block()
	return c
}

// block does what an operator does.
func (b *borrower) block() {
	b.w.Helper()
	id, err := strconv.ParseInt(b.uid, 10, 64)
	if err != nil {
		b.w.Fatal(err)
	}
	err = b.w.app.Store.InTx(context.Background(), func(ctx context.Context, tx *store.Tx) error { return tx.BlockBorrower(ctx, id, "test") })
	if err != nil {
		b.w.Fatal(err)
	}
}

// success is a call of an operation that a server in order answers with 200, where harvest is one that accepts address
// books. Making it may cost a code or a session, so it is made when it is sent.
func (c *cast) success(operation, harvest string) call {
	w := c.w
	w.Helper()
	made := c.active.call(operation, nil)
	switch operation {
	case "login":
		return w.loginCall(c.active.mobile)
	case "logout", "postLogout":
		made.token = c.active.login()
	case "register":
		mobile := newMobile()
		return call{Request: made.WithJSON(map[string]any{"mobile": mobile, "code": w.code(mobile, 1), "password": password, "deviceId": device(mobile)})}
	case "sendCode":
		return call{Request: made.WithJSON(map[string]any{"mobile": newMobile()})}
	case "checkCode":
		mobile := newMobile()
		return call{Request: made.WithJSON(map[string]any{"mobile": mobile, "code": w.code(mobile, 2), "purpose": 2})}
	case "reportDevice":
		return c.active.call(operation, map[string]any{"deviceId": device(c.active.mobile)})
	case "saveBasicInfo":
		return c.fresh.call(operation, basic())
	case "saveConsent":
		p := c.active.policies()[0]
		return c.active.call(operation, map[string]any{"purpose": p.Purpose, "policyVersion": p.PolicyVersion})
	case "saveBankAccount":
		return c.ready.call(operation, map[string]any{"bankAccNo": digits(8) + "15", "isDefault": 0})
	case "revokeSession":
		b := w.register()
		b.login()
		return b.call(operation, map[string]any{"id": nil})
	case "changePassword":
		return w.register().call(operation, map[string]any{"password": password, "newPassword": password + "-2"})
	case "refreshSession":
		made.token = c.active.login()
	case "eraseUser":
		return w.register().call(operation, map[string]any{"password": password})
	case "ensureTransferRecipient":
		return c.ready.call(operation, map[string]any{"cardId": c.ready.card})
	case "setDefaultCard":
		return c.ready.call(operation, map[string]any{"id": c.ready.card})
	case "getCardBindAmount":
		return c.ready.get(operation, map[string]string{"cardId": c.ready.card})
	case "verifyCardBind":
		return c.active.get(operation, map[string]string{"reference": c.active.reference})
	case "getLoanProduct":
		return c.active.get(operation, map[string]string{"id": "301"})
	case "applyLoan":
		return w.register().profile().account("16").applyCall("301", nil)
	case "getRepayment":
		return c.active.get(operation, map[string]string{"id": c.active.loan})
	case "repayLoan":
		return c.active.call(operation, map[string]any{"id": c.active.loan, "cardId": c.active.card, "amount": "100"})
	case "getPayoff":
		return c.active.get(operation, map[string]string{"id": c.active.loan, "date": ""})
	case "getStatement", "getStatementPdf", "getExtension":
		return c.active.get(operation, map[string]string{"id": c.active.loan})
	case "getClearance", "getClearancePdf":
		return c.settled.get(operation, map[string]string{"id": c.settled.loan})
	case "extendLoan":
		b := w.register().profile().account("17").apply(5).freeExtension()
		return b.call(operation, map[string]any{"id": b.loan})
	case "verifyDocument":
		made = c.active.get(operation, map[string]string{"code": c.active.paper()})
		made.token = ""
	case "reportAddressBook", "reportShortMessages":
		made.base = harvest
	case "getImage":
		made.Path["code"] = c.active.image()
	case "getHomeProducts", "checkLogin":
	default:
		if made.Operation.Auth == 0 {
			made.token = ""
		}
	}
	return made
}
