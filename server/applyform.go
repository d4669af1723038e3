package server

import (
	"cmp"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/contractplan"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// Bounds of the form of an application, beside those of its photographs.
const (
	maxTextPart = 1 << 10
	maxParts    = 64 // after so many parts the rest is not even skipped
)

var quoteForm = regexp.MustCompile(`^([A-Za-z0-9_.-]{16,512})?$`)

// readApplication reads the form of an application part by part, in whatever order the parts come: a photograph is decoded and let go
// before the next one is read. After a refusal the rest is read and thrown away, within the limits of the body, so that the caller
// hears the answer. It returns VALIDATION_FAILED for parts that are missing, unknown, given twice or not of their form, MALFORMED_BODY
// for a form that cannot be read to its end, BODY_TOO_LARGE, and the faults of the intake.
func readApplication(ctx context.Context, form *multipart.Reader, intake *origination.Intake) (origination.Application, error) {
	texts := map[string]string{}
	var refused error
	for n := 1; ; n++ {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return origination.Application{}, cmp.Or(refused, unreadable(err))
		}
		if refused == nil {
			refused = readPart(ctx, part, texts, intake)
		}
		if n == maxParts && refused != nil {
			break
		}
	}
	if refused != nil {
		return origination.Application{}, refused
	}
	return application(texts, intake)
}

// readPart reads one part into the texts or the intake.
func readPart(ctx context.Context, part *multipart.Part, texts map[string]string, intake *origination.Intake) error {
	name := part.FormName()
	if name == "files" {
		var known *fault.Error
		err := intake.Add(ctx, part)
		if err == nil || errors.As(err, &known) || ctx.Err() != nil {
			return err
		}
		return unreadable(err)
	}
	if !slices.Contains([]string{"id", "applyTerminal", "quoteId", "couponId"}, name) {
		return fault.Invalid(contractplan.Shorten(strings.ToValidUTF8(name, "?")), "is not a part of this form")
	}
	if _, twice := texts[name]; twice {
		return fault.Invalid(name, "must be given once")
	}
	text, err := io.ReadAll(io.LimitReader(part, maxTextPart+1))
	if err != nil {
		return unreadable(err)
	}
	if len(text) > maxTextPart {
		return fault.Invalid(name, "is too long")
	}
	texts[name] = string(text)
	return nil
}

// unreadable is a form that ends before its end, or is none.
func unreadable(err error) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return fault.New(catalog.BodyTooLarge)
	}
	return fault.New(catalog.MalformedBody).WithCause(err)
}

// application checks the texts; all that is wrong with them is told at once.
func application(texts map[string]string, intake *origination.Intake) (origination.Application, error) {
	a := origination.Application{QuoteID: texts["quoteId"], Photos: intake.Photos()}
	bad := fault.New(catalog.ValidationFailed)
	var err error
	if a.ProductID, err = wire.ParseID("id", texts["id"]); err != nil {
		bad = bad.WithField("id", "must be a product id: decimal digits, above 0")
	}
	switch t := texts["applyTerminal"]; t {
	case "1", "2", "3":
		a.Terminal = int(t[0] - '0')
	default:
		bad = bad.WithField("applyTerminal", "must be 1, 2 or 3")
	}
	if !quoteForm.MatchString(a.QuoteID) {
		bad = bad.WithField("quoteId", "must be a quote id, or empty")
	}
	if coupon := texts["couponId"]; coupon != "" {
		if a.CouponID, err = wire.ParseID("couponId", coupon); err != nil {
			bad = bad.WithField("couponId", "must be a coupon id: decimal digits, above 0; or empty")
		}
	}
	if len(a.Photos) == 0 {
		bad = bad.WithField("files", "must be 1 to 5 photographs")
	}
	if len(bad.Fields) > 0 {
		return a, bad
	}
	return a, nil
}
