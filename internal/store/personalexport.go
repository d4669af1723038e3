package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/creditpocket/creditpocket/internal/seal"
)

// exportRows bounds one section of an export; nobody has so many.
const exportRows = 20_000

// PersonalSection is what is kept of a borrower in one table, the oldest row first.
type PersonalSection struct {
	Name    string
	Records [][]PersonalField
}

// PersonalField is one value of a record, opened where it is sealed.
type PersonalField struct{ Name, Value string }

// PersonalData reads everything that is kept of a borrower, but for what was made of it for this server alone: hashes, keys, counters.
// It returns ErrNotFound, and seal.ErrUnreadable where the borrower was erased.
func (r reader) PersonalData(ctx context.Context, borrower int64) ([]PersonalSection, error) {
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return nil, err
	}
	var all []PersonalSection
	for _, table := range personalTables {
		if table.withheld != "" {
			continue
		}
		var rows []json.RawMessage
		err := r.idb.NewRaw(`SELECT to_jsonb(t) FROM `+table.name+` t WHERE `+table.rows()+` ORDER BY 1 LIMIT ?1`, borrower, exportRows).Scan(ctx, &rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", table.name, fromTx(err))
		}
		section := PersonalSection{Name: table.name, Records: make([][]PersonalField, len(rows))}
		for i, row := range rows {
			if section.Records[i], err = table.record(key, row); err != nil {
				return nil, fmt.Errorf("%s: %w", table.name, err)
			}
		}
		all = append(all, section)
	}
	return all, nil
}

// record makes the fields of one row.
func (p personalTable) record(key *seal.DataKey, row json.RawMessage) ([]PersonalField, error) {
	var columns map[string]json.RawMessage
	if err := json.Unmarshal(row, &columns); err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for name, value := range columns {
		if slices.Contains(p.omit, name) || name == "borrower_id" {
			continue
		}
		bound, sealed := p.sealed[name]
		if !sealed {
			fields[name] = plainText(value)
			continue
		}
		if err := openInto(fields, key, name, bound, value); err != nil {
			return nil, err
		}
	}
	record := make([]PersonalField, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		record = append(record, PersonalField{name, fields[name]})
	}
	return record, nil
}

// openInto opens a sealed column; what it holds as a JSON object becomes fields of their own.
func openInto(fields map[string]string, key *seal.DataKey, name, bound string, value json.RawMessage) error {
	var text string
	if err := json.Unmarshal(value, &text); err != nil || text == `\x` {
		return err
	}
	raw, err := hex.DecodeString(strings.TrimPrefix(text, `\x`))
	if err != nil {
		return err
	}
	plain, err := key.Open(bound, raw)
	if err != nil {
		return fmt.Errorf("%s: %w", bound, err)
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(plain, &inner) != nil {
		fields[strings.TrimSuffix(name, "_sealed")] = string(plain)
		return nil
	}
	for part, v := range inner {
		fields[part] = plainText(v)
	}
	return nil
}

// plainText is a JSON value as text: a string without its quotes, nothing for null.
func plainText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}
