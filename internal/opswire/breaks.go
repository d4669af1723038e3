package opswire

import (
	"time"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/store"
)

// BreakState reads which breaks are listed; absent is the open ones, and below 0 is all.
func BreakState(scope *opsapi.BreakScope) store.BreakState {
	if scope == nil {
		return store.BreakOpen
	}
	switch *scope {
	case opsapi.BreakScopeMATCHED:
		return store.BreakMatched
	case opsapi.BreakScopeRESOLVED:
		return store.BreakResolved
	case opsapi.BreakScopeALL:
		return -1
	}
	return store.BreakOpen
}

var breakStates = map[store.BreakState]opsapi.BreakState{store.BreakOpen: opsapi.BreakStateOPEN, store.BreakMatched: opsapi.BreakStateMATCHED,
	store.BreakResolved: opsapi.BreakStateRESOLVED}

// Breaks is a page of breaks at an instant, which their age is counted to.
func Breaks(rows []store.Break, p store.Page, now time.Time) opsapi.BreakList {
	return opsapi.BreakList{List: each(rows, func(b store.Break) opsapi.Break { return Break(b, now) }), Next: next(rows, p, func(b store.Break) int64 { return b.ID })}
}

// Break is something that the gateway's books and ours do not agree on.
func Break(b store.Break, now time.Time) opsapi.Break {
	resolver := ""
	if b.ResolvedBy != 0 {
		resolver = id(b.ResolvedBy)
	}
	return opsapi.Break{ID: id(b.ID), Kind: opsapi.BreakKind(b.Kind), Object: opsapi.BreakObject(b.Object), Reference: b.Reference, Ours: b.Ours.Wire(), Theirs: b.Theirs.Wire(),
		Detail: b.Detail, State: breakStates[b.State], MadeAt: instant(b.At), AgeHours: int32(max(now.Sub(b.At), 0) / time.Hour), FirstSeenAt: instant(b.FirstSeenAt),
		LastSeenAt: instant(b.LastSeenAt), ResolvedBy: resolver, Reason: b.Reason, ConcludedAt: instant(b.ConcludedAt)}
}
