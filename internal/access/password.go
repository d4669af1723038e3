package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// PasswordParams says how passwords are hashed with argon2id, and how many at once: a hash is meant to be expensive, so it is also
// what a flood of logins would exhaust the machine with. Zero values mean the defaults named at each field, which are the first choice
// of the OWASP password storage sheet.
type PasswordParams struct {
	// MemoryKiB is the memory of one hash. Default 19456 (19 MiB).
	MemoryKiB uint32
	// Passes over the memory. Default 2.
	Passes uint32
	// Lanes in parallel within one hash. Default 1.
	Lanes uint8
	// AtOnce is how many hashes are computed at a time. Default half the processors, at least 1 and at most 2: the others work meanwhile on
	// what everybody else asks.
	AtOnce int
	// Wait is how long a login queues for its turn. Default 2 seconds.
	Wait time.Duration
}

func (p PasswordParams) withDefaults() PasswordParams {
	if p.MemoryKiB == 0 {
		p.MemoryKiB = 19 * 1024
	}
	if p.Passes == 0 {
		p.Passes = 2
	}
	if p.Lanes == 0 {
		p.Lanes = 1
	}
	if p.AtOnce == 0 {
		p.AtOnce = min(max(runtime.GOMAXPROCS(0)/2, 1), 2)
	}
	if p.Wait == 0 {
		p.Wait = 2 * time.Second
	}
	return p
}

const (
	saltBytes = 16
	hashBytes = 32
)

// maxMemoryKiB and maxPasses bound what a stored hash may ask for: more than this is a damaged row, not a password.
const (
	maxMemoryKiB = 1 << 20
	maxPasses    = 32
)

var errPHC = errors.New("access: a stored password hash is not argon2id in PHC form")

// hasher computes and compares password hashes, a few at a time.
type hasher struct {
	params PasswordParams
	turns  chan struct{}
	// dummy is compared with where a number is unknown, so that it takes as long as where it is known.
	dummy func() phc
}

// phc is a hash in the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
type phc struct {
	memory, passes uint32
	lanes          uint8
	salt, sum      []byte
}

func newHasher(params PasswordParams) *hasher {
	h := &hasher{params: params, turns: make(chan struct{}, params.AtOnce)}
	h.dummy = sync.OnceValue(func() phc { return h.derive(rand.Text()) })
	return h
}

// turn waits for a place to compute a hash in; the caller must leave it. It returns UNAVAILABLE when the queue is too long.
func (h *hasher) turn(ctx context.Context) (leave func(), err error) {
	timer := time.NewTimer(h.params.Wait)
	defer timer.Stop()
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns }, nil
	case <-timer.C:
		return nil, fault.New(catalog.Unavailable).WithRetryAfter(h.params.Wait).WithCause(errors.New("too many logins at once"))
	case <-ctx.Done():
		return nil, fault.New(catalog.Unavailable).WithCause(ctx.Err())
	}
}

// hash gives the PHC string of a new password. It returns UNAVAILABLE.
func (h *hasher) hash(ctx context.Context, password Secret) (string, error) {
	leave, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return h.derive(password.Reveal()).String(), nil
}

// verify compares a password with a stored hash; stored "" stands for a number that is not known and takes the same time. renewed is
// a hash to store instead where the parameters have changed since. It returns UNAVAILABLE.
func (h *hasher) verify(ctx context.Context, password Secret, stored string) (right bool, renewed string, err error) {
	leave, err := h.turn(ctx)
	if err != nil {
		return false, "", err
	}
	defer leave()
	want := h.dummy()
	if stored != "" {
		if want, err = parsePHC(stored); err != nil {
			return false, "", fault.Internal(err)
		}
	}
	got := argon2.IDKey([]byte(password.Reveal()), want.salt, want.passes, want.memory, want.lanes, uint32(len(want.sum)))
	if subtle.ConstantTimeCompare(got, want.sum) != 1 || stored == "" {
		return false, "", nil
	}
	if want.memory != h.params.MemoryKiB || want.passes != h.params.Passes || want.lanes != h.params.Lanes || len(want.sum) != hashBytes {
		renewed = h.derive(password.Reveal()).String()
	}
	return true, renewed, nil
}

func (h *hasher) derive(password string) phc {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // does not fail: it ends the program instead
	return phc{memory: h.params.MemoryKiB, passes: h.params.Passes, lanes: h.params.Lanes, salt: salt,
		sum: argon2.IDKey([]byte(password), salt, h.params.Passes, h.params.MemoryKiB, h.params.Lanes, hashBytes)}
}

// String is the PHC form.
func (p phc) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes,
		enc.EncodeToString(p.salt), enc.EncodeToString(p.sum))
}

func parsePHC(text string) (phc, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errPHC
	}
	var p phc
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil || n != 3 {
		return phc{}, errPHC
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	p.sum, err2 = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(p.salt) < 8 || len(p.sum) < 16 || len(p.sum) > 64 ||
		p.memory < 8 || p.memory > maxMemoryKiB || p.passes == 0 || p.passes > maxPasses || p.lanes == 0 {
		return phc{}, errPHC
	}
	return p, nil
}
