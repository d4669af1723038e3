package onboarding

import (
	"context"
	"strconv"

	"github.com/creditpocket/creditpocket/internal/store"
)

// SetDefaultAccount makes one of the borrower's accounts the one that loans are paid to. confirmed says that the borrower has just shown the
// password. It returns CARD_NOT_FOUND, PASSWORD_REQUIRED where the default would change unconfirmed, ACCOUNT_CHANGE_LOCKED while a payout is under way, IDEMPOTENCY_KEY_REUSED and OPERATION_IN_PROGRESS.
func (s *Service) SetDefaultAccount(ctx context.Context, who Subject, id int64, key string, confirmed bool) (Done[store.BankAccount], error) {
	op := store.OperationKey{Borrower: who.Borrower, Kind: "setDefaultCard", Key: key, Params: strconv.AppendInt(nil, id, 10)}
	return doOnce(ctx, s.store, op, func(ctx context.Context, tx *store.Tx) (store.BankAccount, error) {
		account, err := found(tx.BankAccount(ctx, who.Borrower, id))
		if err != nil || account.Default {
			return account, err
		}
		if err := s.changeDefault(ctx, tx, who.Borrower, id, confirmed); err != nil {
			return account, err
		}
		return tx.BankAccount(ctx, who.Borrower, id)
	})
}
