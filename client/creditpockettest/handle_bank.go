package creditpockettest

import (
	"strings"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

func (x *exchange) banks() []creditpocket.Bank {
	return data[struct{ List []creditpocket.Bank }](x.srv.contract, "listBanks", "three").List
}

func (x *exchange) listBanks() (any, *Refusal) { return list(x.banks()), nil }

func (x *exchange) accounts() (any, *Refusal) {
	sorted := []creditpocket.BankAccount{}
	for _, a := range x.b.accounts {
		if a.Default {
			sorted = append([]creditpocket.BankAccount{a}, sorted...)
		} else {
			sorted = append(sorted, a)
		}
	}
	return list(sorted), nil
}

func (x *exchange) saveAccount() (any, *Refusal) {
	r := request[creditpocket.NewBankAccount](x)
	if !x.b.saved[creditpocket.StepBasic] {
		return nil, Refuse(creditpocket.ErrProfileIncomplete)
	}
	for _, bank := range x.banks() {
		if bank.Code == r.BankCode {
			a := x.b.addAccount(bank.Code, bank.Name, r.Number.Reveal())
			a.Holder = strings.ToUpper(x.b.user.FirstName + " " + x.b.user.LastName)
			if r.Default != nil && *r.Default {
				x.b.setDefault(a.ID)
			}
			return *x.b.account(a.ID), nil
		}
	}
	return nil, Refuse(creditpocket.ErrBankUnknown)
}

func (b *Borrower) setDefault(id string) {
	for i := range b.accounts {
		b.accounts[i].Default = b.accounts[i].ID == id
	}
}

func (x *exchange) recipient() (any, *Refusal) {
	r := request[struct {
		CardID string `json:"cardId"`
	}](x)
	a := x.b.account(r.CardID)
	if a == nil {
		return nil, Refuse(creditpocket.ErrCardNotFound)
	}
	a.RecipientReady = true
	return creditpocket.Recipient{AccountID: a.ID, Ready: true, Since: now()}, nil
}

func (x *exchange) defaultAccount() (any, *Refusal) {
	if a := x.b.account(""); a != nil {
		return *a, nil
	}
	return nil, Refuse(creditpocket.ErrCardNotFound)
}

func (x *exchange) setDefaultAccount() (any, *Refusal) {
	r := request[struct {
		ID string `json:"id"`
	}](x)
	if x.b.account(r.ID) == nil {
		return nil, Refuse(creditpocket.ErrCardNotFound)
	}
	if l := x.b.openLoan(); l != nil && l.State == creditpocket.LoanDisbursing {
		return nil, Refuse(creditpocket.ErrAccountChangeLocked)
	}
	x.b.setDefault(r.ID)
	return *x.b.account(r.ID), nil
}

func (x *exchange) bindCard() (any, *Refusal) {
	a := x.b.account(x.r.URL.Query().Get("cardId"))
	switch {
	case a == nil:
		return nil, Refuse(creditpocket.ErrCardNotFound)
	case a.BindStatus == creditpocket.Bound:
		return nil, Refuse(creditpocket.ErrCardAlreadyBound)
	}
	for _, bind := range x.b.binds {
		if bind.AccountID == a.ID && bind.Status == creditpocket.BindOpen {
			return bind, nil
		}
	}
	reference := "cpb-" + x.b.id + "-" + strings.Repeat("0", 8) + x.srv.next()
	bind := creditpocket.CardBind{Amount: creditpocket.Naira(50), Reference: reference, AuthorizationURL: x.srv.URL + "/checkout/" + reference,
		Status: creditpocket.BindOpen, AccountID: a.ID, Expires: now().Add(time.Hour)}
	a.BindStatus = creditpocket.BindOpen
	x.b.binds = append(x.b.binds, bind)
	return bind, nil
}

func (x *exchange) verifyCard() (any, *Refusal) {
	for _, bind := range x.b.binds {
		if bind.Reference == x.r.URL.Query().Get("reference") {
			return bind, nil
		}
	}
	return nil, Refuse(creditpocket.ErrBindNotFound)
}
