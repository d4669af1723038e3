package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Message is one message of a borrower's message centre.
type Message struct {
	ID        int64
	Type      int // 1..9, see the contract
	Title     string
	Content   string
	Read      bool
	CreatedAt time.Time
}

// Messages reads a page of a borrower's messages, newest first, and how many there are in all; messageType 0 means every type.
// Pages count from 1. The page is a range of numbers: no message before it is touched, and nothing is counted.
func (r reader) Messages(ctx context.Context, borrower int64, messageType, page, size int) ([]Message, int64, error) {
	number, where := "number", ""
	if messageType != 0 {
		number, where = "type_number", " AND m.type = c.type"
	}
	var rows []struct {
		Total     int64
		ID        int64
		Type      int
		Title     string
		Content   string
		Read      bool
		CreatedAt time.Time
	}
	skip := int64(page-1) * int64(size)
	text := strings.ReplaceAll(`SELECT c.total, coalesce(m.id, 0) AS id, coalesce(m.type, 0) AS type, coalesce(m.title, '') AS title,
			coalesce(m.content, '') AS content, m.read_at IS NOT NULL AS read, coalesce(m.created_at, to_timestamp(0)) AS created_at
		FROM message_counters c LEFT JOIN messages m ON m.borrower_id = c.borrower_id`+where+` AND m.{number} <= c.total - ?0 AND m.{number} > c.total - ?0 - ?1
		WHERE c.borrower_id = ?2 AND c.type = ?3 ORDER BY m.{number} DESC`, "{number}", number)
	err := r.prepared(text, skip, size, borrower, messageType).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, 0, fromTx(err)
	}
	total := rows[0].Total
	if rows[0].ID == 0 {
		return nil, total, nil
	}
	list := make([]Message, len(rows))
	for i, m := range rows {
		list[i] = Message{ID: m.ID, Type: m.Type, Title: m.Title, Content: m.Content, Read: m.Read, CreatedAt: m.CreatedAt}
	}
	return list, total, nil
}

// MarkMessagesRead marks messages of a borrower as read; what was read before keeps its time.
func (t *Tx) MarkMessagesRead(ctx context.Context, borrower int64, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := t.idb.NewRaw(`UPDATE messages SET read_at = ? WHERE borrower_id = ? AND id IN (?) AND read_at IS NULL`,
		t.now, borrower, bun.List(ids)).Exec(ctx)
	return fromTx(err)
}

// NewMessage is a message to be: the event names the template, the parameters fill it.
type NewMessage struct {
	Borrower  int64
	Event     string            // one of the Event constants
	DedupeKey string            // a borrower gets one message a key, however often it is added; name the event and its subject in it
	Params    map[string]string // what the template names in braces, as text for the borrower
}

// AddMessage renders the event's template of the borrower's brand in the borrower's language, or in English, and adds it to the
// message centre. Without a usable template it raises an alert and adds nothing: a wording must never stop money. Where the borrower does
// not exist, what the transaction sends next, or its end, returns ErrNotFound.
func (t *Tx) AddMessage(ctx context.Context, m NewMessage) error {
	return t.AddMessages(ctx, []NewMessage{m})
}

// AddMessages is AddMessage for many at once, in two statements, each of which waits for the next round trip.
func (t *Tx) AddMessages(ctx context.Context, batch []NewMessage) error {
	batch = onceEach(batch)
	if len(batch) == 0 {
		return nil
	}
	var of []wordingRow
	lock := t.lockingMessages(batch).scanned(&of)
	lock.then = func(ctx context.Context) error { return t.render(ctx, batch, wordingsOf(of)) }
	t.later(lock)
	return nil
}

// render makes the rows of messages and adds them.
func (t *Tx) render(ctx context.Context, batch []NewMessage, wordings map[int64]wording) error {
	var rows []messageRow
	for _, m := range batch {
		of, ok := wordings[m.Borrower]
		if !ok {
			return ErrNotFound
		}
		row, problem := of.render(m)
		if problem != "" {
			if err := t.RaiseBrandAlert(ctx, of.brand, alertTemplate, of.brand+"/"+m.Event, problem); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, row)
	}
	t.insertMessages(rows)
	return nil
}

// onceEach drops repeated keys and orders the batch by borrower, so that two batches lock in one order.
func onceEach(batch []NewMessage) []NewMessage {
	sorted := slices.Clone(batch)
	slices.SortStableFunc(sorted, func(a, b NewMessage) int {
		return cmp.Or(cmp.Compare(a.Borrower, b.Borrower), cmp.Compare(a.DedupeKey, b.DedupeKey))
	})
	return slices.CompactFunc(sorted, func(a, b NewMessage) bool { return a.Borrower == b.Borrower && a.DedupeKey == b.DedupeKey })
}

type messageRow struct {
	borrower              int64
	kind                  int
	title, content, dedup string
}

// wording is what a borrower's messages are made of.
type wording struct {
	brand     string
	brandName string
	language  string
	templates map[string]map[string]MessageTemplate // by event and language
}

// render makes a row, or says why it cannot.
func (w wording) render(m NewMessage) (messageRow, string) {
	params := map[string]string{"brand": w.brandName}
	for name, value := range m.Params {
		params[name] = value
	}
	problem := "no template in " + fallbackLanguage
	for _, language := range []string{w.language, fallbackLanguage} {
		template, ok := w.templates[m.Event][language]
		if !ok {
			continue
		}
		title, whole := renderText(template.Title, params, maxMessageTitle)
		content, wholeToo := renderText(template.Content, params, maxMessageContent)
		if whole && wholeToo {
			return messageRow{m.Borrower, template.Type, title, content, m.DedupeKey}, ""
		}
		problem = "the template in " + language + " names a parameter that the event does not have"
	}
	return messageRow{}, problem
}

// wordingRow is a template of a borrower's, or a borrower without one.
type wordingRow struct {
	BorrowerID int64
	Brand      string
	Name       string
	Wanted     string
	Event      string
	Language   string
	Type       int
	Title      string
	Content    string
}

// lockingMessages is the statement that locks the borrowers' message centres until the transaction ends, so that numbers have no gap, and
// reads the templates of the batch's events in each borrower's language and in English.
func (t *Tx) lockingMessages(batch []NewMessage) *statement {
	borrowers := make([]int64, len(batch))
	events := make([]string, len(batch))
	for i, m := range batch {
		borrowers[i], events[i] = m.Borrower, m.Event
	}
	slices.Sort(events)
	return t.prepared(`WITH locked AS (
			INSERT INTO message_counters (borrower_id, type, total)
			SELECT id, 0, 0 FROM borrowers WHERE id = ANY (?0) ORDER BY id
			ON CONFLICT (borrower_id, type) DO UPDATE SET total = message_counters.total RETURNING borrower_id)
		SELECT b.id AS borrower_id, b.brand, n.name, coalesce(s.language, ?1) AS wanted, coalesce(e.event, '') AS event,
			coalesce(e.language, '') AS language, coalesce(e.type, 0) AS type, coalesce(e.title, '') AS title, coalesce(e.content, '') AS content
		FROM locked l JOIN borrowers b ON b.id = l.borrower_id JOIN brands n ON n.code = b.brand
		LEFT JOIN user_settings s ON s.borrower_id = b.id
		LEFT JOIN message_templates e ON e.brand = b.brand AND e.event = ANY (?2) AND e.language IN (coalesce(s.language, ?1), ?1)`,
		slices.Compact(borrowers), fallbackLanguage, slices.Compact(events))
}

func wordingsOf(rows []wordingRow) map[int64]wording {
	found := map[int64]wording{}
	for _, r := range rows {
		w, ok := found[r.BorrowerID]
		if !ok {
			w = wording{r.Brand, r.Name, r.Wanted, map[string]map[string]MessageTemplate{}}
			found[r.BorrowerID] = w
		}
		if r.Event == "" {
			continue
		}
		if w.templates[r.Event] == nil {
			w.templates[r.Event] = map[string]MessageTemplate{}
		}
		w.templates[r.Event][r.Language] = MessageTemplate{r.Brand, r.Event, r.Language, r.Type, r.Title, r.Content}
	}
	return found
}

// insertMessages adds rows whose key is new and gives them the next numbers. The borrowers' locks are held, so what this
// statement does not see does not exist.
func (t *Tx) insertMessages(rows []messageRow) {
	if len(rows) == 0 {
		return
	}
	var (
		ids, borrowers            []int64
		types                     []int16
		titles, contents, dedupes []string
	)
	for _, r := range rows {
		ids, borrowers, types = append(ids, newID()), append(borrowers, r.borrower), append(types, int16(r.kind))
		titles, contents, dedupes = append(titles, r.title), append(contents, r.content), append(dedupes, r.dedup)
	}
	t.later(t.prepared(`WITH incoming AS (
			SELECT * FROM unnest(?0::bigint[], ?1::bigint[], ?2::smallint[], ?3::text[], ?4::text[], ?5::text[]) AS i (id, borrower_id, type, title, content, dedupe_key)),
		fresh AS (
			SELECT i.*, row_number() OVER whole AS place, count(*) OVER (PARTITION BY borrower_id) AS places,
				row_number() OVER of_type AS type_place, count(*) OVER (PARTITION BY borrower_id, type) AS type_places
			FROM incoming i
			WHERE NOT EXISTS (SELECT FROM messages m WHERE m.borrower_id = i.borrower_id AND m.dedupe_key = i.dedupe_key)
			WINDOW whole AS (PARTITION BY borrower_id ORDER BY id), of_type AS (PARTITION BY borrower_id, type ORDER BY id)),
		counted AS (
			INSERT INTO message_counters (borrower_id, type, total)
			SELECT borrower_id, 0, count(*) FROM fresh GROUP BY borrower_id
			UNION ALL SELECT borrower_id, type, count(*) FROM fresh GROUP BY borrower_id, type
			ON CONFLICT (borrower_id, type) DO UPDATE SET total = message_counters.total + excluded.total
			RETURNING borrower_id, type, total)
		INSERT INTO messages (id, borrower_id, type, number, type_number, title, content, dedupe_key, created_at)
		SELECT f.id, f.borrower_id, f.type, a.total - f.places + f.place, b.total - f.type_places + f.type_place, f.title, f.content, f.dedupe_key, ?6::timestamptz
		FROM fresh f JOIN counted a ON a.borrower_id = f.borrower_id AND a.type = 0
			JOIN counted b ON b.borrower_id = f.borrower_id AND b.type = f.type`, ids, borrowers, types, titles, contents, dedupes, t.now).written())
}
