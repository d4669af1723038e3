package opswire

import (
	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// WithResolved reads whether resolved alerts are listed too; absent is no.
func WithResolved(scope *opsapi.AlertScope) bool {
	return scope != nil && *scope == opsapi.AlertScopeALL
}

// Alerts is a page of alerts.
func Alerts(rows []store.AlertRecord, p store.Page) opsapi.AlertList {
	return opsapi.AlertList{List: each(rows, Alert), Next: next(rows, p, func(a store.AlertRecord) int64 { return a.ID })}
}

// Alert is something a person must look at.
func Alert(a store.AlertRecord) opsapi.Alert {
	return opsapi.Alert{ID: id(a.ID), Brand: a.Brand, Kind: a.Kind, Subject: a.Subject, Detail: a.Detail, CreatedAt: instant(a.CreatedAt), ResolvedAt: instant(a.ResolvedAt)}
}

// TrailFilter reads what narrows the audit trail. It returns VALIDATION_FAILED.
func TrailFilter(operator, subject *string) (store.TrailFilter, error) {
	f := store.TrailFilter{Subject: wire.Text(subject)}
	var err error
	f.Operator, err = wire.ParseOptionalID("operatorId", operator)
	return f, err
}

// Trail is a page of the audit trail.
func Trail(rows []store.TrailEntry, p store.Page) opsapi.AuditEntryList {
	return opsapi.AuditEntryList{Next: next(rows, p, func(e store.TrailEntry) int64 { return e.ID }), List: each(rows, func(e store.TrailEntry) opsapi.AuditEntry {
		return opsapi.AuditEntry{ID: id(e.ID), At: instant(e.At), OperatorID: id(e.OperatorID), OperatorName: e.OperatorName, Act: e.Act, Subject: e.Subject,
			Brand: e.Brand, Reason: e.Reason, RequestID: e.RequestID, Changes: each(e.Changes, func(c store.Change) opsapi.AuditChange {
				return opsapi.AuditChange{Field: c.Field, Before: c.Before, After: c.After}
			})}
	})}
}
