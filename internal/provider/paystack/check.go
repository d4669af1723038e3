package paystack

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/creditpocket/creditpocket/internal/provider"
)

var (
	transferReference = regexp.MustCompile(`^[a-z0-9_-]{16,50}$`)
	chargeReference   = regexp.MustCompile(`^[A-Za-z0-9.=-]{1,100}$`)
	nuban             = regexp.MustCompile(`^[0-9]{10}$`)
)

// isTransferReference: lower case letters, digits, '-' and '_', 16 to 50 of them.
func isTransferReference(s string) bool { return transferReference.MatchString(s) }

// isChargeReference: letters, digits, '-', '.' and '='. A lone dot or two would be a path of its own.
func isChargeReference(s string) bool { return chargeReference.MatchString(s) && s != "." && s != ".." }

// isNUBAN: ten digits. The check digit needs the bank and is the bank's business.
func isNUBAN(s string) bool { return nuban.MatchString(s) }

// isWebURL reports whether a browser may be sent to s.
func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// unresolved turns the gateway's "could not resolve" (404, 422, or 400 without a code) into provider.ErrNotFound.
func unresolved(err error) error {
	var rejected *provider.RejectedError
	if !errors.As(err, &rejected) || rejected.Code == "invalid_bank_code" {
		return err
	}
	if rejected.Status == http.StatusNotFound || rejected.Status == http.StatusUnprocessableEntity {
		return fmt.Errorf("%w: %w", provider.ErrNotFound, err)
	}
	return err
}
