package app

import (
	"bytes"
	"context"
	"encoding/base64"
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

// parseKey reads a key of the settings.
func parseKey(name, text string) ([]byte, error) {
	key, err := seal.ParseMasterKey(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("%s: must be 32 bytes in base64 (`creditpocket keys new` makes one)", name)
	}
	return key, nil
}

// parseKeys reads a list of them.
func parseKeys(name, list string) (keys [][]byte, err error) {
	if list == "" {
		return nil, nil
	}
	for _, text := range strings.Split(list, ",") {
		key, err := parseKey(name, text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// useOtherKeys gives the deployment's keys what the settings say beside the present master key.
func useOtherKeys(keys *seal.Keys, c config.Config) error {
	masters, err := parseKeys("CP_OLD_MASTER_KEYS", c.OldMasters.Reveal())
	if err != nil {
		return err
	}
	if err := keys.OpenMasterKeys(masters...); err != nil {
		return err
	}
	if c.IndexKey != "" {
		index, err := parseKey("CP_INDEX_KEY", c.IndexKey.Reveal())
		if err != nil {
			return err
		}
		if err := keys.UseIndexKey(index); err != nil {
			return err
		}
	}
	old, err := parseKeys("CP_OLD_KEKS", c.OldKEKs.Reveal())
	if err != nil {
		return err
	}
	if c.KEK == "" {
		return keys.OpenWrapKeys(old...)
	}
	present, err := parseKey("CP_KEK", c.KEK.Reveal())
	if err != nil {
		return err
	}
	return keys.UseWrapKeys(present, old...)
}

// checkIndexKey holds the index key to the one that the database was filled with. With another one nobody would be found, and everybody could
// register anew; it is what a changed master key leads to where the index key is derived from it. Development makes databases and keys as
// it pleases.
func checkIndexKey(ctx context.Context, c config.Config, st *store.Store) error {
	if c.Mode != config.Production {
		return nil
	}
	const purpose = "index"
	present := st.Keys().IndexKeyID()
	kept, err := st.KeyName(ctx, purpose)
	if errors.Is(err, store.ErrNotFound) {
		if err := st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.KeepKeyName(ctx, purpose, present) }); err != nil {
			return err
		}
		kept, err = st.KeyName(ctx, purpose)
	}
	if err == nil && !bytes.Equal(kept, present) {
		err = errors.New("CP_INDEX_KEY: this database was filled with another index key. Where the master key is to be changed, set the old one once more and " +
			"take the index key from `creditpocket keys index` first")
	}
	return err
}

// PrintIndexKey prints the key of the keyed hashes, for CP_INDEX_KEY.
func PrintIndexKey(environ []string, out io.Writer) error {
	c, err := config.Load(environ)
	if err != nil {
		return fmt.Errorf("the settings are not right:\n%w", err)
	}
	keys, err := openKeys(c)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, base64.StdEncoding.EncodeToString(keys.IndexKey()))
	return err
}

// NewKey prints a fresh key for CP_MASTER_KEY, CP_INDEX_KEY or CP_KEK.
func NewKey(out io.Writer) error {
	key, err := seal.NewMasterKey()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, key)
	return err
}

// KeyStatus prints how many data keys are wrapped by the present key-encryption key, and the names of the others.
func KeyStatus(ctx context.Context, environ []string, out io.Writer) error {
	return withDatabase(ctx, environ, func(ctx context.Context, d *deployment) error {
		n, err := d.store.DataKeys(ctx)
		if err != nil {
			return err
		}
		keys := d.store.Keys()
		_, err = fmt.Fprintf(out, "The present key-encryption key is %s. Data keys: %d wrapped by it, %d by others, %d destroyed.\n"+
			"The index key is %s, the key of the audit trail's chain %s.\n",
			hex.EncodeToString(keys.WrapKeyID()), n.Present, n.Others, n.Destroyed, hex.EncodeToString(keys.IndexKeyID()), keys.ChainKeys()[0])
		return err
	})
}

// RotateKeys makes the present keys those of everything that is stored, beside a running server: every borrower's data key is wrapped by
// the present key-encryption key, what is sealed for nobody in particular is sealed by the present master key, and the chain of the audit
// trail goes on under it. It can be cut off and run again: each batch is a transaction of its own. A second run beside it is refused.
func RotateKeys(ctx context.Context, environ []string, out io.Writer) error {
	return withDatabase(ctx, environ, func(ctx context.Context, d *deployment) error {
		started := time.Now()
		lock, err := d.store.TryRotationLock(ctx)
		if errors.Is(err, store.ErrLocked) {
			return errors.New("another `creditpocket keys rotate` is at work on this database: let it end; nothing was done")
		}
		if err != nil {
			return err
		}
		defer lock.Release()
		r := rotation{st: d.store, lock: lock, out: out}
		if err := r.dataKeys(ctx); err != nil {
			return err
		}
		if err := r.unowned(ctx); err != nil {
			return err
		}
		left, err := d.store.DataKeys(ctx)
		if err != nil {
			return err
		}
		if err := r.trail(ctx, left.Others == 0); err != nil {
			return err
		}
		fmt.Fprintf(out, "RESULT keys-rotate kek=%s chain=%s rewrapped=%d resealed=%d present=%d others=%d unreadable=%d destroyed=%d seconds=%.1f\n",
			hex.EncodeToString(d.store.Keys().WrapKeyID()), d.store.Keys().ChainKeys()[0], r.rewrapped, r.resealed, left.Present, left.Others, r.unreadable,
			left.Destroyed, time.Since(started).Seconds())
		switch {
		case left.Others > 0:
			return errors.New("data keys are left that another replica wrapped meanwhile: does every replica have the present keys? Run it again")
		case r.unreadable > 0:
			return errors.New("values are left that no key that is known opens: does CP_OLD_MASTER_KEYS lack one?")
		}
		return nil
	})
}
