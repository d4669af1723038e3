package origination

import (
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
)

// quoteCodecs are a codec for each quote key: the first signs, the others read what was promised before the keys were changed.
type quoteCodecs []*lending.QuoteCodec

func newQuoteCodecs(keys [][]byte) (all quoteCodecs, err error) {
	for _, key := range keys {
		codec, err := lending.NewQuoteCodec(lending.QuoteKey{ID: 1, Secret: key})
		if err != nil {
			return nil, err
		}
		all = append(all, codec)
	}
	return all, nil
}

// decode reads a quote id by whichever key signed it. It returns a RuleError with QUOTE_INVALID or QUOTE_EXPIRED.
func (all quoteCodecs) decode(id string, borrower int64, now time.Time) (q lending.Quote, err error) {
	for _, codec := range all {
		q, err = codec.Decode(id, borrower, now)
		var rule *lending.RuleError
		if !errors.As(err, &rule) || rule.Reason != lending.ReasonQuoteInvalid {
			return q, err
		}
	}
	return q, err
}
