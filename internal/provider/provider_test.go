package provider_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
)

func TestOutcomes(t *testing.T) {
	for outcome, want := range map[provider.Outcome]struct{ conclusive, moved, known bool }{
		provider.OutcomePending:   {false, false, true},
		provider.OutcomePaused:    {false, false, true},
		provider.OutcomeSucceeded: {true, true, true},
		provider.OutcomeFailed:    {true, false, true},
		provider.OutcomeReversed:  {true, false, true},
		provider.OutcomeAbandoned: {true, false, true},
		"":                        {false, false, false},
		"anything":                {false, false, false},
	} {
		if outcome.Conclusive() != want.conclusive || outcome.Moved() != want.moved || outcome.Known() != want.known {
			t.Errorf("%q: conclusive %v, moved %v, known %v", outcome, outcome.Conclusive(), outcome.Moved(), outcome.Known())
		}
	}
}

// TestErrorClasses: what each class of error allows the caller to do, also when it is wrapped.
func TestErrorClasses(t *testing.T) {
	for name, test := range map[string]struct {
		err                   error
		conclusive, retryable bool
	}{
		"nil":                  {nil, false, false},
		"inconclusive":         {provider.ErrInconclusive, false, true},
		"not found":            {provider.ErrNotFound, true, false},
		"duplicate":            {provider.ErrDuplicateReference, false, false},
		"unauthorized":         {provider.ErrUnauthorized, true, false},
		"balance":              {&provider.RejectedError{Cause: provider.ErrInsufficientBalance}, true, true},
		"rejected":             {&provider.RejectedError{Status: 400}, true, false},
		"rate limited":         {&provider.RateLimitedError{RetryAfter: time.Second}, true, true},
		"unknown":              {errors.New("x"), false, false},
		"inconclusive and 404": {fmt.Errorf("%w: %w", provider.ErrInconclusive, provider.ErrNotFound), false, true},
	} {
		err := test.err
		if err != nil {
			err = fmt.Errorf("wrapped: %w", err)
		}
		if provider.IsConclusive(err) != test.conclusive || provider.IsRetryable(err) != test.retryable {
			t.Errorf("%s: conclusive %v, retryable %v", name, provider.IsConclusive(err), provider.IsRetryable(err))
		}
	}
}

func TestRejectedErrorHidesTheSentence(t *testing.T) {
	err := &provider.RejectedError{Status: 400, Code: "invalid_params", Type: "validation_error", Message: "Ada Obi is unknown"}
	if got := err.Error(); strings.Contains(got, "Ada") || !strings.Contains(got, "invalid_params") || !strings.Contains(got, "400") {
		t.Errorf("error reads %q", got)
	}
}

func TestPhones(t *testing.T) {
	for number, want := range map[string]bool{
		"+2347000000003": true, "+12345678": true, "+123456789012345": true, "+1234567": false, "+1234567890123456": false,
		"2347000000003": false, "+0347000000003": false, "+234 700 000 0003": false, "": false, "+": false, "+23470000000a3": false,
	} {
		if provider.ValidE164(number) != want {
			t.Errorf("%q: valid is %v", number, !want)
		}
	}
	if got := provider.MaskPhone("+2347000000003"); got != "***003" {
		t.Errorf("masked as %q", got)
	}
	if got := provider.MaskPhone("03"); got != "***" {
		t.Errorf("masked as %q", got)
	}
}
