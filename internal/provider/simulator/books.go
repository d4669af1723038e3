package simulator

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Transfer is one payout in the simulator's books. Amounts are kobo.
type Transfer struct {
	ID            int64      `json:"id"`
	Reference     string     `json:"reference"`
	Code          string     `json:"code"`
	Recipient     string     `json:"recipient"`
	AccountNumber string     `json:"account_number"`
	BankCode      string     `json:"bank_code"`
	Amount        money.Kobo `json:"amount"`
	Fee           money.Kobo `json:"fee"`
	Reason        string     `json:"reason"`
	// Status is the gateway's word now; History holds all it ever was, oldest first.
	Status    string    `json:"status"`
	History   []string  `json:"history"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// Next is the status it takes at NextAt (real time), "" if it stays.
	Next   string    `json:"next,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
}

func (t *Transfer) become(status string, at time.Time) {
	t.Status, t.UpdatedAt, t.Next, t.NextAt = status, at, "", time.Time{}
	t.History = append(slices.Clone(t.History), status)
}

// moved reports whether the money has left us by this status.
func (t *Transfer) moved() bool {
	switch t.Status {
	case "failed", "reversed", "abandoned", "blocked", "rejected":
		return false
	}
	return true
}

// Charge is one checkout or one charge of a bound card.
type Charge struct {
	ID          int64           `json:"id"`
	Reference   string          `json:"reference"`
	AccessCode  string          `json:"access_code"`
	Email       string          `json:"email"`
	Amount      money.Kobo      `json:"amount"`
	Fee         money.Kobo      `json:"fee"`
	CallbackURL string          `json:"callback_url,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	// Status is "abandoned" until somebody pays, then "paused", "success", "failed" or "reversed".
	Status          string    `json:"status"`
	GatewayResponse string    `json:"gateway_response"`
	Card            string    `json:"card,omitempty"`
	Authorization   string    `json:"authorization,omitempty"`
	CreatedAt       time.Time `json:"created_at"`
	PaidAt          time.Time `json:"paid_at,omitzero"`
}

// paid reports whether the money came to us, even if it went back by refunds.
func (c *Charge) paid() bool { return c.Status == "success" || c.Status == "reversed" }

// Authorization is a card bound to an e-mail address.
type Authorization struct {
	Code      string `json:"code"`
	Email     string `json:"email"`
	Card      string `json:"card"`
	Signature string `json:"signature"`
	Last4     string `json:"last4"`
	BIN       string `json:"bin"`
	Brand     string `json:"brand"`
	Reusable  bool   `json:"reusable"`
}

// Refund is one refund of one charge.
type Refund struct {
	ID           int64      `json:"id"`
	Charge       string     `json:"charge"`
	Amount       money.Kobo `json:"amount"`
	MerchantNote string     `json:"merchant_note"`
	Status       string     `json:"status"`
	CreatedAt    time.Time  `json:"created_at"`
	UpdatedAt    time.Time  `json:"updated_at"`
	Next         string     `json:"next,omitempty"`
	NextAt       time.Time  `json:"next_at,omitzero"`
}

// Recipient is one account registered for transfers.
type Recipient struct {
	ID            int64     `json:"id"`
	Code          string    `json:"code"`
	Name          string    `json:"name"`
	AccountNumber string    `json:"account_number"`
	BankCode      string    `json:"bank_code"`
	CreatedAt     time.Time `json:"created_at"`
}

// Account is a registered holder of an account.
type Account struct {
	AccountNumber string `json:"account_number"`
	BankCode      string `json:"bank_code"`
	AccountName   string `json:"account_name"`
}

func (a Account) key() string { return a.BankCode + "/" + a.AccountNumber }

// LedgerEntry is one movement of our balance.
type LedgerEntry struct {
	ID         int64      `json:"id"`
	Difference money.Kobo `json:"difference"`
	Balance    money.Kobo `json:"balance"`
	// Model is "Opening", "Transfer", "Transaction" or "Refund", ModelID the number of that thing.
	Model   string    `json:"model"`
	ModelID int64     `json:"model_id"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
}

// Webhook is one event and what became of its delivery.
type Webhook struct {
	ID        int64           `json:"id"`
	Event     string          `json:"event"`
	Reference string          `json:"reference"`
	Status    string          `json:"status"`
	Body      json.RawMessage `json:"body"`
	CreatedAt time.Time       `json:"created_at"`
	// Attempts is how often it was sent for which no 200 came, plus the one for which it did.
	Attempts  int  `json:"attempts"`
	Delivered bool `json:"delivered"`
	// Dropped: a fault swallowed it. GaveUp: 72 hours (scaled) of retries did not help.
	Dropped bool `json:"dropped,omitempty"`
	GaveUp  bool `json:"gave_up,omitempty"`
	// Forge: the next attempt carries a wrong signature. Copies: how often the first attempt is repeated.
	Forge  bool      `json:"forge,omitempty"`
	Copies int       `json:"copies,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
}

func (w *Webhook) open() bool { return !w.Delivered && !w.Dropped && !w.GaveUp }

// refusal counts the attempts refused on purpose for one reference.
type refusal struct {
	Reference string `json:"reference"`
	Attempts  int    `json:"attempts"`
}

// books are the state, all of it.
type books struct {
	Accounts       map[string]Account
	Recipients     map[string]Recipient // by code
	Transfers      map[string]Transfer  // by reference
	Charges        map[string]Charge    // by reference
	AccessCodes    map[string]string    // access code -> reference
	Authorizations map[string]Authorization
	Refunds        map[int64]Refund
	Webhooks       map[int64]Webhook
	Refusals       map[string]int
	Ledger         []LedgerEntry
	LastID         int64
}

func newBooks() *books {
	return &books{
		Accounts: map[string]Account{}, Recipients: map[string]Recipient{}, Transfers: map[string]Transfer{},
		Charges: map[string]Charge{}, AccessCodes: map[string]string{}, Authorizations: map[string]Authorization{},
		Refunds: map[int64]Refund{}, Webhooks: map[int64]Webhook{}, Refusals: map[string]int{}, LastID: 1000,
	}
}

// record is one new or changed thing; exactly one field is set.
type record struct {
	Account       *Account       `json:"account,omitempty"`
	Recipient     *Recipient     `json:"recipient,omitempty"`
	Transfer      *Transfer      `json:"transfer,omitempty"`
	Charge        *Charge        `json:"charge,omitempty"`
	Authorization *Authorization `json:"authorization,omitempty"`
	Refund        *Refund        `json:"refund,omitempty"`
	Webhook       *Webhook       `json:"webhook,omitempty"`
	Refusal       *refusal       `json:"refusal,omitempty"`
	Entry         *LedgerEntry   `json:"entry,omitempty"`
}

func (b *books) apply(r record) {
	switch {
	case r.Account != nil:
		b.Accounts[r.Account.key()] = *r.Account
	case r.Recipient != nil:
		b.Recipients[r.Recipient.Code] = *r.Recipient
		b.LastID = max(b.LastID, r.Recipient.ID)
	case r.Transfer != nil:
		b.Transfers[r.Transfer.Reference] = *r.Transfer
		b.LastID = max(b.LastID, r.Transfer.ID)
	case r.Charge != nil:
		b.Charges[r.Charge.Reference] = *r.Charge
		b.AccessCodes[r.Charge.AccessCode] = r.Charge.Reference
		b.LastID = max(b.LastID, r.Charge.ID)
	case r.Authorization != nil:
		b.Authorizations[r.Authorization.Code] = *r.Authorization
	case r.Refund != nil:
		b.Refunds[r.Refund.ID] = *r.Refund
		b.LastID = max(b.LastID, r.Refund.ID)
	case r.Webhook != nil:
		b.Webhooks[r.Webhook.ID] = *r.Webhook
		b.LastID = max(b.LastID, r.Webhook.ID)
	case r.Refusal != nil:
		b.Refusals[r.Refusal.Reference] = r.Refusal.Attempts
	case r.Entry != nil:
		b.Ledger = append(b.Ledger, *r.Entry)
		b.LastID = max(b.LastID, r.Entry.ID)
	}
}

// records returns the books as the shortest journal that leads to them.
func (b *books) records() []record {
	var out []record
	for _, v := range b.Accounts {
		out = append(out, record{Account: &v})
	}
	for _, v := range b.Recipients {
		out = append(out, record{Recipient: &v})
	}
	for _, v := range b.Transfers {
		out = append(out, record{Transfer: &v})
	}
	for _, v := range b.Charges {
		out = append(out, record{Charge: &v})
	}
	for _, v := range b.Authorizations {
		out = append(out, record{Authorization: &v})
	}
	for _, v := range b.Refunds {
		out = append(out, record{Refund: &v})
	}
	for _, v := range b.Webhooks {
		out = append(out, record{Webhook: &v})
	}
	for k, n := range b.Refusals {
		out = append(out, record{Refusal: &refusal{Reference: k, Attempts: n}})
	}
	for _, v := range b.Ledger {
		out = append(out, record{Entry: &v})
	}
	return out
}

func (b *books) balance() money.Kobo {
	if len(b.Ledger) == 0 {
		return 0
	}
	return b.Ledger[len(b.Ledger)-1].Balance
}
