package store

import (
	"context"
	"errors"
)

// Settings are a borrower's language and switches. Whether offers may be sent is not among them: the ledger of consents says
// that (ConsentMarketing).
type Settings struct {
	Language    string // en, pcm, ha, ig or yo
	PushEnabled bool
}

// defaultSettings hold until a borrower saves others.
func defaultSettings() Settings { return Settings{Language: fallbackLanguage, PushEnabled: true} }

// Settings reads a borrower's settings, or the defaults.
func (r reader) Settings(ctx context.Context, borrower int64) (Settings, error) {
	var s Settings
	err := fromTx(r.idb.NewRaw(`SELECT language, push_enabled FROM user_settings WHERE borrower_id = ?`, borrower).Scan(ctx, &s))
	if errors.Is(err, ErrNotFound) {
		return defaultSettings(), nil
	}
	return s, err
}

// SaveSettings writes a borrower's settings.
func (t *Tx) SaveSettings(ctx context.Context, borrower int64, s Settings) error {
	_, err := t.idb.NewRaw(`INSERT INTO user_settings (borrower_id, language, push_enabled, updated_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (borrower_id) DO UPDATE SET language = excluded.language, push_enabled = excluded.push_enabled, updated_at = excluded.updated_at`,
		borrower, s.Language, s.PushEnabled, t.now).Exec(ctx)
	return fromTx(err)
}
