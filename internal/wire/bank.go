package wire

import (
	"fmt"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Banks is the dictionary of banks.
func Banks(banks []store.Bank) api.BankList {
	list := make([]api.Bank, len(banks))
	for i, b := range banks {
		list[i] = api.Bank{BankNo: b.Code, BankName: b.Name, Sort: Int32(b.Sort)}
	}
	return api.BankList{List: list}
}

// BankAccountInfo reads a bank account that a borrower says is theirs.
func BankAccountInfo(in api.BankAccountInfo, key *string) onboarding.NewAccount {
	return onboarding.NewAccount{BankCode: in.BankNo, Number: in.BankAccNo, Default: IsSet(in.IsDefault), Key: Text(key)}
}

// ManagerCard shows a bank account with the card bound to it.
func ManagerCard(a store.BankAccount) api.ManagerCard {
	out := api.ManagerCard{
		ID: ID(a.ID), BankNo: a.BankCode, BankName: a.BankName, BankAccNo: a.AccountNo, BankaccName: a.AccountName, IsDefault: Flag(a.Default),
		RecipientReady: Flag(a.RecipientCode != ""), CreatedTime: Time(a.CreatedAt),
	}
	switch {
	case a.Card != nil:
		out.BindStatus = int32(onboarding.BindingBound)
		out.BankCardNo, out.CardType, out.CardExpire = a.Card.Masked, a.Card.Type, cardExpire(a.Card.ExpMonth, a.Card.ExpYear)
	case a.BindingOpen:
		out.BindStatus = int32(onboarding.BindingOpen)
	}
	return out
}

// cardExpire is a card's last month as MM/YY, "" where it is not known.
func cardExpire(month, year int) string {
	if month == 0 || year == 0 {
		return ""
	}
	return fmt.Sprintf("%02d/%02d", month, year%100)
}

// ManagerCards shows a borrower's bank accounts.
func ManagerCards(accounts []store.BankAccount) api.ManagerCardList {
	list := make([]api.ManagerCard, len(accounts))
	for i, a := range accounts {
		list[i] = ManagerCard(a)
	}
	return api.ManagerCardList{List: list}
}

// TransferRecipient shows whether money can be sent to an account.
func TransferRecipient(r onboarding.Recipient) api.TransferRecipient {
	return api.TransferRecipient{CardID: ID(r.AccountID), Ready: Flag(r.Ready), RecipientTime: Time(r.At)}
}

// CardBind shows a card check.
func CardBind(b onboarding.Binding) api.CardBind {
	return api.CardBind{
		Amount: b.Amount.Wire(), Reference: b.Reference, AuthorizationURL: b.AuthorizationURL, BindStatus: int32(b.Status), CardID: ID(b.AccountID),
		BankCardNo: b.MaskedCard, ExpireTime: Time(b.ExpiresAt),
	}
}
