package access

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Registration is a wish to become a borrower of a brand.
type Registration struct {
	Brand      string
	Mobile     string // E.164
	Code       Secret // of PurposeRegister
	Password   Secret
	Device     Device
	InviteCode string // of whoever brought the borrower here; may be ""
	Key        string // the Idempotency-Key; "" for none
}

const registerOperation = "register"

// Register makes a borrower and opens the first session. The code is used up, also where the answer is ALREADY_REGISTERED, which is
// said only to who has shown a right code. It also returns CODE_INVALID, PASSWORD_TOO_COMMON, VALIDATION_FAILED, RATE_LIMITED,
// IDEMPOTENCY_KEY_REUSED and ACCOUNT_BLOCKED (of a repeat), and UNAVAILABLE when too many passwords wait.
//
// A repeat with the same key and parameters gets the same answer, Replayed: the same borrower in the same session, also when that is
// over meanwhile. Its token is stored nowhere; it is derived anew from the operation. As that would let anybody in who has seen the key,
// the repeat must bring the right password; a wrong one is another parameter, IDEMPOTENCY_KEY_REUSED. The password itself is no part of
// the stored hash of the parameters, which is made to be fast and would be a gift to who guesses passwords. A wrong code is not kept as
// the answer of the key.
func (s *Service) Register(ctx context.Context, in Registration) (Opened, error) {
	if err := refuseWeak("password", in.Password, in.Mobile, in.Brand); err != nil {
		return Opened{}, err
	}
	if err := s.limit(ctx, ClassRegister, catalog.RateLimited, mobileKey(in.Brand, in.Mobile), deviceKey(in.Brand, in.Device)); err != nil {
		return Opened{}, err
	}
	if err := s.guess(ctx, in.Brand, in.Mobile); err != nil {
		return Opened{}, err
	}
	key := s.registerKey(in)
	code, done, err := s.tryToRegister(ctx, in, key)
	if err != nil {
		return Opened{}, err
	}
	if done.Borrower != 0 {
		return s.registerAgain(ctx, in, done)
	}
	hash, err := s.passwords.hash(ctx, in.Password)
	if err != nil {
		return Opened{}, err
	}
	var opened Opened
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		opened, done = Opened{}, registerResult{}
		op, err := tx.ClaimOperation(ctx, key)
		if err != nil {
			return err
		}
		if op.Replayed { // the same request, sent twice at once: the other one was faster
			done, err = registered(op)
			return err
		}
		opened, err = s.createBorrower(ctx, tx, in, op, code, hash)
		if store.IsDuplicate(err, "borrowers_one_per_mobile") {
			return fault.New(catalog.AlreadyRegistered)
		}
		if err != nil {
			return err
		}
		return tx.FinishOperation(ctx, op, registerResult{Operation: op.ID, Borrower: opened.Borrower, Session: opened.Session, Ends: opened.Ends})
	})
	switch {
	case errors.Is(err, store.ErrStale):
		return Opened{}, invalidCode()
	case err != nil:
		return Opened{}, err
	case done.Borrower != 0:
		return s.registerAgain(ctx, in, done)
	}
	crashpoint.Reach(crashpoint.RegisterCommitted)
	return opened, nil
}

// tryToRegister looks whether the request was done before (done says how then) and otherwise tries the code, so that only who
// has a right one makes us hash a password. A refusal commits: it has cost a try.
func (s *Service) tryToRegister(ctx context.Context, in Registration, key store.OperationKey) (code int64, done registerResult, err error) {
	var refusal error
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		code, done, refusal = 0, registerResult{}, nil
		op, found, err := tx.FindOperation(ctx, key)
		if err != nil {
			return err
		}
		if found {
			done, err = registered(op)
			return err
		}
		code, err = tx.TryCode(ctx, store.CodeSubject{Brand: in.Brand, Mobile: in.Mobile, Purpose: PurposeRegister}, in.Code.Reveal())
		if err != nil {
			return err
		}
		if code == 0 {
			// The same request, sent twice at once, may have used the code up since we looked.
			if op, found, err = tx.FindOperation(ctx, key); err != nil {
				return err
			}
			if found {
				done, err = registered(op)
				return err
			}
			refusal = invalidCode()
			return nil
		}
		_, err = tx.Credentials(ctx, in.Brand, in.Mobile)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		refusal = fault.New(catalog.AlreadyRegistered)
		if err := tx.ConsumeCode(ctx, code); err != nil {
			return err
		}
		return tx.RefuseOperation(ctx, key, refusal)
	})
	if errors.Is(err, store.ErrStale) {
		err = invalidCode()
	}
	if err == nil {
		err = refusal
	}
	return code, done, err
}

func (s *Service) createBorrower(ctx context.Context, tx *store.Tx, in Registration, op store.Operation, code int64, hash string) (Opened, error) {
	if err := tx.ConsumeCode(ctx, code); err != nil {
		return Opened{}, err
	}
	borrower, err := tx.AddBorrower(ctx, in.Brand, in.Mobile, hash)
	if err != nil {
		return Opened{}, err
	}
	if in.InviteCode != "" {
		if err := tx.SetInviteCode(ctx, borrower, in.InviteCode); err != nil {
			return Opened{}, err
		}
	}
	if op.ID == 0 {
		return s.open(ctx, tx, in.Brand, in.Mobile, borrower, in.Device)
	}
	token, tokenHash := s.derivedToken(in.Brand, op.ID)
	return s.openWith(ctx, tx, in.Brand, in.Mobile, store.NewSession{Borrower: borrower, TokenHash: tokenHash, DeviceID: in.Device.ID, Terminal: in.Device.Terminal}, token)
}

// registerAgain answers the repeat of a registration that was done.
func (s *Service) registerAgain(ctx context.Context, in Registration, done registerResult) (Opened, error) {
	c, err := s.store.CredentialsOf(ctx, done.Borrower)
	if err != nil {
		return Opened{}, err
	}
	right, _, err := s.passwords.verify(ctx, in.Password, c.PasswordHash)
	if err != nil {
		return Opened{}, err
	}
	if !right {
		return Opened{}, fault.New(catalog.IdempotencyKeyReused).WithField("Idempotency-Key", "was used before with other parameters")
	}
	if c.Blocked {
		return Opened{}, fault.New(catalog.AccountBlocked)
	}
	token, _ := s.derivedToken(in.Brand, done.Operation)
	return Opened{Borrower: done.Borrower, Session: done.Session, Brand: in.Brand, Mobile: in.Mobile, Token: token, Ends: done.Ends, HasPassword: true,
		Replayed: true}, nil
}

// registerResult is what is stored of a registration that was done.
type registerResult struct {
	Operation int64     `json:"operation"`
	Borrower  int64     `json:"borrower"`
	Session   int64     `json:"session"`
	Ends      time.Time `json:"ends"`
}

func registered(op store.Operation) (r registerResult, err error) {
	err = json.Unmarshal(op.Result, &r)
	return r, fault.Internal(err)
}

// registerKey names the operation. Its parameters hold the code, which is why they go through a keyed hash on their way into the stored
// one.
func (s *Service) registerKey(in Registration) store.OperationKey {
	params, _ := json.Marshal([]any{in.Code.Reveal(), in.Device.ID, in.Device.Terminal, in.InviteCode}) // strings and numbers always encode
	return store.OperationKey{
		Visitor: hex.EncodeToString(s.store.MobileIndex(in.Brand, in.Mobile)),
		Kind:    registerOperation,
		Key:     in.Key,
		Params:  s.store.Keys().Blind("register", in.Brand, string(params)),
	}
}

func invalidCode() error {
	return fault.New(catalog.CodeInvalid).WithField("code", "is not the code that was sent, or is not valid any more")
}
