package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
)

// useKEKs gives the deployment's keys the key-encryption keys of the settings.
func useKEKs(keys *seal.Keys, c config.Config) error {
	parse := func(name string, text string) ([]byte, error) {
		key, err := seal.ParseMasterKey(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%s: must be 32 bytes in base64 (`creditpocket keys new` makes one)", name)
		}
		return key, nil
	}
	var old [][]byte
	if list := c.OldKEKs.Reveal(); list != "" {
		for _, text := range strings.Split(list, ",") {
			key, err := parse("CP_OLD_KEKS", text)
			if err != nil {
				return err
			}
			old = append(old, key)
		}
	}
	if c.KEK == "" {
		return keys.OpenWrapKeys(old...)
	}
	present, err := parse("CP_KEK", c.KEK.Reveal())
	if err != nil {
		return err
	}
	return keys.UseWrapKeys(present, old...)
}

// NewKey prints a fresh key for CP_KEK or CP_MASTER_KEY.
func NewKey(out io.Writer) error {
	key, err := seal.NewMasterKey()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, key)
	return err
}

// KeyStatus prints how many data keys are wrapped by the present key-encryption key.
func KeyStatus(ctx context.Context, environ []string, out io.Writer) error {
	return withDatabase(ctx, environ, func(ctx context.Context, d *deployment) error {
		n, err := d.store.DataKeys(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "The present key-encryption key is %s. Data keys: %d wrapped by it, %d by others, %d destroyed.\n",
			hex.EncodeToString(d.store.Keys().WrapKeyID()), n.Present, n.Others, n.Destroyed)
		return err
	})
}

// rewrapBatch data keys are wrapped anew in one transaction.
const rewrapBatch = 200

// RotateKeys wraps every borrower's data key by the present key-encryption key, beside a running server. It can be cut off and run
// again: each batch is a transaction of its own.
func RotateKeys(ctx context.Context, environ []string, out io.Writer) error {
	return withDatabase(ctx, environ, func(ctx context.Context, d *deployment) error {
		started, total := time.Now(), 0
		for after := int64(0); ; {
			var n int
			var last int64
			err := d.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				n, last, err = tx.RewrapDataKeys(ctx, after, rewrapBatch)
				if err != nil || n == 0 {
					return err
				}
				return tx.AddTrail(ctx, store.TrailEntry{OperatorName: commandLine, Act: "rotateKeys", Subject: "keys:" + hex.EncodeToString(d.store.Keys().WrapKeyID()),
					Changes: []store.Change{{Field: "dataKeys", Before: "", After: fmt.Sprint(n)}}, Reason: "key rotation"})
			})
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			total, after = total+n, last
		}
		left, err := d.store.DataKeys(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "RESULT keys-rotate kek=%s rewrapped=%d present=%d others=%d destroyed=%d seconds=%.1f\n", hex.EncodeToString(d.store.Keys().WrapKeyID()),
			total, left.Present, left.Others, left.Destroyed, time.Since(started).Seconds())
		if left.Others > 0 {
			return errors.New("data keys are left that another replica wrapped meanwhile: does every replica have this CP_KEK? Run it again")
		}
		return nil
	})
}
