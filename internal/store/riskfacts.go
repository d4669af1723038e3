package store

import (
	"context"
	"time"
)

// deviceMemory is how far back a login counts as a sign that a borrower uses a device.
const deviceMemory = 180 * 24 * time.Hour

// deviceIndexes is a table expression of the keyed hashes of the devices that a borrower (?0) reported, or logged in from since ?1.
const deviceIndexes = `SELECT device_index FROM devices WHERE borrower_id = ?0
	UNION SELECT device_index FROM sessions WHERE borrower_id = ?0 AND device_index IS NOT NULL AND created_at > ?1`

// LoanHistory is what a borrower's earlier loans of the brand say.
type LoanHistory struct {
	Prior       int // paid out, reversed payouts not counted
	Settled     int
	Late        int // ever past due
	MaxDaysLate int
	WrittenOff  int
	Day         int // applications in 24 hours
	Month       int // applications in 30 days
	Rejected    int // refused in 30 days
}

// LoanHistory counts a borrower's loans for a decision.
func (r reader) LoanHistory(ctx context.Context, borrower int64) (LoanHistory, error) {
	var h LoanHistory
	now := r.clk.Now()
	err := r.idb.NewRaw(`WITH mine AS (
			SELECT status, created_at, coalesce(reviewed_at, risk_at, updated_at) AS refused_at, disbursed_at IS NOT NULL AND status <> 63 AS paid_out,
				greatest((coalesce(closed_at, ?0) AT TIME ZONE 'Africa/Lagos')::date - due_date, 0) AS days_late
			FROM loans WHERE borrower_id = ?1)
		SELECT count(*) FILTER (WHERE paid_out) AS prior,
			count(*) FILTER (WHERE status IN (6, 8, 22)) AS settled,
			count(*) FILTER (WHERE paid_out AND days_late > 0) AS late,
			coalesce(max(days_late) FILTER (WHERE paid_out), 0) AS max_days_late,
			count(*) FILTER (WHERE status = 51) AS written_off,
			count(*) FILTER (WHERE created_at > ?2) AS day,
			count(*) FILTER (WHERE created_at > ?3) AS month,
			count(*) FILTER (WHERE status IN (31, 32, 33, 34) AND refused_at > ?3) AS rejected
		FROM mine`, now, borrower, now.Add(-24*time.Hour), now.Add(-30*24*time.Hour)).Scan(ctx, &h)
	return h, fromTx(err)
}

// DeviceBorrowers is the largest number of borrowers seen on one of a borrower's devices, this one included; 0 without a device.
func (r reader) DeviceBorrowers(ctx context.Context, borrower int64) (int, error) {
	var n int
	err := r.idb.NewRaw(`WITH mine AS (`+deviceIndexes+`),
		seen AS (
			SELECT m.device_index, d.borrower_id FROM mine m JOIN devices d ON d.device_index = m.device_index
			UNION SELECT m.device_index, s.borrower_id FROM mine m JOIN sessions s ON s.device_index = m.device_index AND s.created_at > ?1)
		SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM seen GROUP BY device_index) c`,
		borrower, r.clk.Now().Add(-deviceMemory)).Scan(ctx, &n)
	return n, fromTx(err)
}

// List is a list of subjects that decisions look at.
type List string

// The lists.
const (
	BlackList List = "black"
	WhiteList List = "white"
)

// The kinds of listed subjects, named by their blind indexes: BVNIndex, MobileIndex, AccountIndex, DeviceIndex.
const (
	ListedBVN     = "bvn"
	ListedMobile  = "mobile"
	ListedAccount = "account"
	ListedDevice  = "device"
)

// ListHits says on which lists a borrower stands.
type ListHits struct {
	BlackBVN   bool
	BlackOther int // mobile, account and devices on the black list
	White      int
}

// ListHits looks a borrower's BVN, mobile number, devices and the given bank account up in the brand's lists.
func (r reader) ListHits(ctx context.Context, brand string, borrower, account int64) (ListHits, error) {
	var hits ListHits
	err := r.idb.NewRaw(`WITH subjects (kind, subject_index) AS (
			SELECT 'bvn', bvn_index FROM profiles WHERE borrower_id = ?0
			UNION ALL SELECT 'mobile', mobile_index FROM borrowers WHERE id = ?0
			UNION ALL SELECT 'account', account_index FROM bank_accounts WHERE id = ?3 AND borrower_id = ?0
			UNION ALL SELECT 'device', device_index FROM (`+deviceIndexes+`) d)
		SELECT coalesce(bool_or(l.list = 'black' AND l.kind = 'bvn'), false) AS black_bvn,
			count(*) FILTER (WHERE l.list = 'black' AND l.kind <> 'bvn') AS black_other, count(*) FILTER (WHERE l.list = 'white') AS white
		FROM subjects s JOIN listed_subjects l ON l.brand = ?2 AND l.kind = s.kind AND l.subject_index = s.subject_index`,
		borrower, r.clk.Now().Add(-deviceMemory), brand, account).Scan(ctx, &hits)
	return hits, fromTx(err)
}

// ListSubject puts a subject on a list of a brand, by its kind and blind index; listed again it gets the new reason.
func (t *Tx) ListSubject(ctx context.Context, brand string, list List, kind string, index []byte, reason string) error {
	_, err := t.idb.NewRaw(`INSERT INTO listed_subjects (brand, list, kind, subject_index, reason, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (brand, list, kind, subject_index) DO UPDATE SET reason = excluded.reason`, brand, string(list), kind, index, reason, t.now).Exec(ctx)
	return fromTx(err)
}
