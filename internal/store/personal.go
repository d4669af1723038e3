package store

// personalTable says of one table what of it belongs to a borrower, how it is told to the borrower, and what erasing does to it. A
// test holds the list to the schema: a table with a borrower in it that is not here fails.
type personalTable struct {
	name string
	// where finds the rows of borrower ?0; "" is borrower_id = ?0.
	where string
	// sealed are the sealed columns, by name, with what they are bound to; JSON objects become fields.
	sealed map[string]string
	// omit are columns that are not told: keyed hashes, wrapped keys, what is the deployment's own.
	omit []string
	// withheld says why the table as a whole is not told; "" tells it.
	withheld string
	// erase is what erasing does: eraseRows, a statement for borrower ?0 with ?1 as a random text and ?2 as the time, or "" where the rows stay.
	erase string
	// stays says why rows stay.
	stays string
}

const (
	eraseRows  = "rows"
	booksStay  = "the books: amounts and references, no personal data"
	sealedLost = "the loan's record; its personal part is sealed, and unreadable without the key"
)

// personalTables is in the order in which rows may be deleted.
var personalTables = []personalTable{
	{name: "messages", omit: []string{"dedupe_key"}, erase: eraseRows},
	{name: "message_counters", withheld: "counts of the messages, which are told", erase: eraseRows},
	{name: "push_topics", sealed: map[string]string{"token_sealed": topicTokenColumn}, erase: eraseRows},
	{name: "user_settings", erase: eraseRows},
	{name: "devices", sealed: map[string]string{"sealed": deviceColumn}, omit: []string{"device_index"}, erase: eraseRows},
	{name: "device_activity", erase: eraseRows},
	{name: "device_locations", sealed: map[string]string{"sealed": locationColumn}, omit: []string{"wifi_indexes"}, erase: eraseRows},
	{name: "harvest_counts", erase: eraseRows},
	{name: "ad_sources", erase: eraseRows},
	{name: "loan_clicks", erase: eraseRows},
	{name: "emergency_contacts", sealed: map[string]string{"sealed": contactColumn}, omit: []string{"mobile_index"}, erase: eraseRows},
	{name: "more_infos", sealed: map[string]string{"sealed": moreColumn}, erase: eraseRows},
	{name: "work_infos", sealed: map[string]string{"sealed": workColumn}, erase: eraseRows},
	{name: "profiles", sealed: map[string]string{"sealed": profileColumn}, omit: []string{"bvn_index"}, erase: eraseRows},
	{name: "images", omit: []string{"blob_key"}, erase: eraseRows}, // the sweep of photographs deletes what they named
	{name: "sessions", omit: []string{"token_hash", "device_index"},
		erase: `UPDATE sessions SET device_index = NULL, revoked_at = coalesce(revoked_at, ?2) WHERE borrower_id = ?0`, stays: "when sessions were open, without a device"},
	{name: "bank_accounts", sealed: map[string]string{"sealed": accountColumn}, omit: []string{"account_index", "recipient_code"},
		erase: `UPDATE bank_accounts SET account_index = sha256((?1 || id)::bytea), recipient_code = '', recipient_at = NULL WHERE borrower_id = ?0`, stays: sealedLost},
	{name: "cards", sealed: map[string]string{"sealed": cardColumn}, omit: []string{"signature_index"},
		erase: `UPDATE cards SET signature_index = sha256((?1 || id)::bytea), active = false WHERE borrower_id = ?0`, stays: sealedLost},
	{name: "borrowers", where: "id = ?0", sealed: map[string]string{"mobile_sealed": mobileColumn}, omit: []string{"mobile_index", "password_hash"},
		erase: `UPDATE borrowers SET mobile_index = sha256(?1::bytea), mobile_sealed = '', password_hash = '', invite_code = '',
			blocked_at = coalesce(blocked_at, ?2), blocked_reason = 'erased' WHERE id = ?0`, stays: "the id, which the books refer to"},
	{name: "borrower_keys", withheld: "a key, useless to anybody but this server",
		erase: `UPDATE borrower_keys SET wrapped = NULL, kek_id = NULL, destroyed_at = ?2 WHERE borrower_id = ?0 AND wrapped IS NOT NULL`, stays: "that there was a key, and when it was destroyed"},
	{name: "consents", stays: "the proof of what was agreed to, without a name"},
	{name: "loans", sealed: map[string]string{"snapshot_sealed": loanSnapshotColumn}, omit: []string{"conditions", "anchor_date", "anchor_penalty"}, stays: sealedLost},
	{name: "decisions", where: "loan_id IN (SELECT id FROM loans WHERE borrower_id = ?0)", sealed: map[string]string{"snapshot_sealed": decisionColumn}, stays: sealedLost},
	{name: "loan_events", where: "loan_id IN (SELECT id FROM loans WHERE borrower_id = ?0)", stays: booksStay},
	{name: "payouts", where: "loan_id IN (SELECT id FROM loans WHERE borrower_id = ?0)", omit: []string{"recipient_code"}, stays: booksStay},
	{name: "payment_intents", omit: []string{"authorization_url"}, stays: booksStay},
	{name: "payments", stays: booksStay},
	{name: "refunds", stays: booksStay},
	{name: "coupons", stays: booksStay},
	{name: "documents", stays: "that a document was given out; its content is not kept"},
	{name: "unmatched_receipts", stays: booksStay},
	{name: "ledger_batches", stays: booksStay},
	{name: "ledger_postings", withheld: "the lines of the ledger's batches; the payments and loans they come from are told", stays: booksStay},
}

// notPersonal are tables of the schema that name no borrower, or only through a table above.
var notPersonal = []string{"review_claims", "approvals"}

func (p personalTable) rows() string {
	if p.where == "" {
		return "borrower_id = ?0"
	}
	return p.where
}
