package store

import "context"

// PushTopic is a borrower's wish to get the push messages of a topic on a device.
type PushTopic struct {
	Topic    string
	Platform int    // 1 Android, 2 iOS, 3 web
	Token    string // the push service's name of the device; sealed at rest
}

const topicTokenColumn = "push_topics.token"

// PushTopics lists a borrower's topics by name.
func (r reader) PushTopics(ctx context.Context, borrower int64) ([]PushTopic, error) {
	var rows []struct {
		Topic       string
		Platform    int
		TokenSealed []byte
	}
	err := r.idb.NewRaw(`SELECT topic, platform, token_sealed FROM push_topics WHERE borrower_id = ? ORDER BY topic`, borrower).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, fromTx(err)
	}
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return nil, err
	}
	topics := make([]PushTopic, len(rows))
	for i, row := range rows {
		token, err := key.Open(topicTokenColumn, row.TokenSealed)
		if err != nil {
			return nil, err
		}
		topics[i] = PushTopic{row.Topic, row.Platform, string(token)}
	}
	return topics, nil
}

// SavePushTopic notes a topic; a topic that is there gets the new device. It says how many topics the borrower has then.
func (t *Tx) SavePushTopic(ctx context.Context, borrower int64, p PushTopic) (int, error) {
	key, err := t.dataKey(ctx, borrower)
	if err != nil {
		return 0, err
	}
	sealed, err := key.Seal(topicTokenColumn, []byte(p.Token))
	if err != nil {
		return 0, err
	}
	_, err = t.idb.NewRaw(`INSERT INTO push_topics (borrower_id, topic, platform, token_sealed, updated_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (borrower_id, topic) DO UPDATE SET platform = excluded.platform, token_sealed = excluded.token_sealed, updated_at = excluded.updated_at`,
		borrower, p.Topic, p.Platform, sealed, t.now).Exec(ctx)
	if err != nil {
		return 0, fromTx(err)
	}
	var n int
	err = t.idb.NewRaw(`SELECT count(*) FROM push_topics WHERE borrower_id = ?`, borrower).Scan(ctx, &n)
	return n, fromTx(err)
}
