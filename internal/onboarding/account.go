package onboarding

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

const (
	maxAccounts    = 20  // a borrower's bank accounts
	maxAccountName = 120 // characters of a bank's account name that are kept
)

// NewAccount is a bank account that a borrower says is theirs.
type NewAccount struct {
	BankCode string
	Number   string // 10 digits
	Default  bool   // make it the account that loans are paid to; the first one always is
	Key      string // Idempotency-Key, or ""
	// Confirmed says that the borrower has just shown the password: without it the default does not change.
	Confirmed bool
}

// SaveAccount adds a bank account after asking the bank whose it is; an account that is there already can only become the
// default. It returns PROFILE_INCOMPLETE, BANK_UNKNOWN, ACCOUNT_NOT_RESOLVED, ACCOUNT_NAME_MISMATCH, PASSWORD_REQUIRED and ACCOUNT_CHANGE_LOCKED
// where the default would change unconfirmed or while a payout is under way, VALIDATION_FAILED beyond 20 accounts, GATEWAY_UNAVAILABLE,
// IDEMPOTENCY_KEY_REUSED and OPERATION_IN_PROGRESS.
func (s *Service) SaveAccount(ctx context.Context, who Subject, n NewAccount) (Done[store.BankAccount], error) {
	key, err := s.accountKey(who, n)
	if err != nil {
		return Done[store.BankAccount]{}, err
	}
	if done, found, err := findDone[store.BankAccount](ctx, s.store, key); err != nil || found {
		return done, err
	}
	bank, resolved, err := s.lookUp(ctx, who, n)
	if err != nil {
		return Done[store.BankAccount]{}, s.store.Refused(ctx, key, err)
	}
	return doOnce(ctx, s.store, key, func(ctx context.Context, tx *store.Tx) (store.BankAccount, error) {
		id, err := s.putAccount(ctx, tx, who, n, bank, resolved)
		if err != nil {
			return store.BankAccount{}, err
		}
		return tx.BankAccount(ctx, who.Borrower, id)
	})
}

// lookUp finds the bank, and asks it whose the account is unless the borrower has it already.
func (s *Service) lookUp(ctx context.Context, who Subject, n NewAccount) (bank store.Bank, resolved provider.ResolvedAccount, err error) {
	bank, err = s.store.Bank(ctx, n.BankCode)
	if unknown, err := absent(err); err != nil {
		return bank, resolved, err
	} else if unknown {
		return bank, resolved, fault.New(catalog.BankUnknown).WithField("bankNo", "must be a code of the bank dictionary")
	}
	if _, err := s.profile(ctx, s.store, who.Borrower); err != nil {
		return bank, resolved, err
	}
	_, err = s.store.BankAccountByNumber(ctx, who.Borrower, who.Brand, n.BankCode, n.Number)
	fresh, err := absent(err)
	if err == nil && fresh {
		resolved, err = s.resolve(ctx, n)
	}
	return bank, resolved, err
}

// accountKey names the operation. Its parameters hold the number's blind index: a plain hash of ten digits can be guessed.
func (s *Service) accountKey(who Subject, n NewAccount) (store.OperationKey, error) {
	params, err := json.Marshal(map[string]any{
		"account": hex.EncodeToString(s.store.AccountIndex(who.Brand, n.BankCode, n.Number)), "default": n.Default,
	})
	return store.OperationKey{Borrower: who.Borrower, Kind: "saveBankAccount", Key: n.Key, Params: params}, err
}

// profileReader is what Store and Tx have in common here.
type profileReader interface {
	Profile(ctx context.Context, borrower int64) (store.Profile, error)
}

// profile reads the profile, or returns PROFILE_INCOMPLETE.
func (s *Service) profile(ctx context.Context, from profileReader, borrower int64) (store.Profile, error) {
	p, err := from.Profile(ctx, borrower)
	if none, err := absent(err); err != nil {
		return p, err
	} else if none {
		return p, fault.New(catalog.ProfileIncomplete).WithField("basic", "is not saved yet")
	}
	return p, nil
}

// resolve asks the bank whose the account is. The check digit never refuses, as wallets do not follow it; where the bank does not
// know the number it tells the borrower that a digit is probably wrong.
func (s *Service) resolve(ctx context.Context, n NewAccount) (provider.ResolvedAccount, error) {
	ctx, cancel := s.ask(ctx)
	defer cancel()
	resolved, err := s.payments.ResolveAccount(ctx, n.Number, n.BankCode)
	if err == nil {
		return resolved, nil
	}
	var rejected *provider.RejectedError
	switch {
	case errors.Is(err, provider.ErrNotFound):
	case errors.As(err, &rejected) && rejected.Code == "invalid_bank_code":
		return resolved, fault.New(catalog.BankUnknown).WithField("bankNo", "is not known to the payment service").WithCause(err)
	case rejected != nil:
	default:
		return resolved, gatewayFault(err)
	}
	f := fault.New(catalog.AccountNotResolved).WithCause(err)
	if lending.CheckNuban(n.BankCode, n.Number) == lending.NubanInvalid {
		f = f.WithField("bankAccNo", "has a check digit that does not fit the bank: is a digit mistyped?")
	}
	return resolved, f
}

// putAccount writes the account, or finds it, and makes it the default where it should be.
func (s *Service) putAccount(ctx context.Context, tx *store.Tx, who Subject, n NewAccount, bank store.Bank, resolved provider.ResolvedAccount) (int64, error) {
	accounts, err := tx.BankAccounts(ctx, who.Borrower)
	if err != nil {
		return 0, err
	}
	for _, a := range accounts {
		if a.BankCode == n.BankCode && a.AccountNo == n.Number {
			if n.Default && !a.Default {
				return a.ID, s.changeDefault(ctx, tx, who.Borrower, a.ID, n.Confirmed)
			}
			return a.ID, nil
		}
	}
	if len(accounts) >= maxAccounts {
		return 0, fault.Invalid("bankAccNo", "must be one of at most 20 accounts")
	}
	// The name is compared in the transaction that saves the account: the profile may have changed while the bank was asked.
	profile, err := s.profile(ctx, tx, who.Borrower)
	if err != nil {
		return 0, err
	}
	match := lending.MatchNames(profile.FirstName, profile.MiddleName, profile.LastName, resolved.AccountName)
	if !match.Matched {
		return 0, fault.New(catalog.AccountNameMismatch)
	}
	account := store.BankAccount{BorrowerID: who.Borrower, BankCode: bank.Code, BankName: bank.Name, AccountNo: n.Number,
		AccountName: shorten(resolved.AccountName, maxAccountName), NameScoreBps: match.ScoreBps, Default: n.Default || len(accounts) == 0}
	if account.Default && len(accounts) > 0 {
		if err := s.changeDefault(ctx, tx, who.Borrower, 0, n.Confirmed); err != nil {
			return 0, err
		}
		account.PayableFrom = s.coolsUntil(tx)
	}
	id, err := tx.AddBankAccount(ctx, who.Brand, account)
	if err != nil {
		return 0, err
	}
	return id, tx.AddMessage(ctx, store.NewMessage{Borrower: who.Borrower, Event: store.EventAccountAdded, DedupeKey: fmt.Sprintf("account_added:%d", id),
		Params: map[string]string{"bank": bank.Name, "account": mask.Account(n.Number)}})
}

// changeDefault moves the default to another account (0: to none, for the moment), or returns PASSWORD_REQUIRED or
// ACCOUNT_CHANGE_LOCKED. Whoever holds a stolen phone must not be able to send the next loan elsewhere, and the owner has time to notice.
func (s *Service) changeDefault(ctx context.Context, tx *store.Tx, borrower, account int64, confirmed bool) error {
	busy, err := tx.PayoutUnderWay(ctx, borrower)
	if err != nil {
		return err
	}
	if busy {
		return fault.New(catalog.AccountChangeLocked)
	}
	if !confirmed {
		return fault.New(catalog.PasswordRequired).WithField("password", "is needed to change the account that loans are paid to")
	}
	if err := tx.SetDefaultBankAccount(ctx, borrower, account); err != nil || account == 0 {
		return err
	}
	return tx.HoldPayouts(ctx, borrower, account, s.coolsUntil(tx))
}

// coolsUntil is when the first payout to a new default account may go.
func (s *Service) coolsUntil(tx *store.Tx) time.Time { return tx.Now().Add(s.config.AccountCooling) }

// shorten cuts a text to so many characters.
func shorten(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit])
	}
	return text
}

// Accounts lists the borrower's accounts with the cards bound to them: the default first, then the newest first.
func (s *Service) Accounts(ctx context.Context, who Subject) ([]store.BankAccount, error) {
	return s.store.BankAccounts(ctx, who.Borrower)
}

// Account reads one account of the borrower, the default for id 0. It returns CARD_NOT_FOUND.
func (s *Service) Account(ctx context.Context, who Subject, id int64) (store.BankAccount, error) {
	return found(accountOf(ctx, s.store, who.Borrower, id))
}

// accountReader is what Store and Tx have in common here.
type accountReader interface {
	BankAccount(ctx context.Context, borrower, id int64) (store.BankAccount, error)
	DefaultBankAccount(ctx context.Context, borrower int64) (store.BankAccount, error)
}

func accountOf(ctx context.Context, from accountReader, borrower, id int64) (store.BankAccount, error) {
	if id == 0 {
		return from.DefaultBankAccount(ctx, borrower)
	}
	return from.BankAccount(ctx, borrower, id)
}

// found turns a missing account into CARD_NOT_FOUND.
func found(a store.BankAccount, err error) (store.BankAccount, error) {
	if none, err := absent(err); err != nil {
		return a, err
	} else if none {
		return a, fault.New(catalog.CardNotFound)
	}
	return a, nil
}
