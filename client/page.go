package creditpocket

import (
	"context"
	"iter"
)

// PageQuery chooses a page. Zero values mean the server's defaults: page 1, 10 rows.
type PageQuery struct {
	// Number counts from 1.
	Number int
	// Size is from 1 to 100.
	Size int
}

// Page is a part of a list, and how long the list is.
type Page[T any] struct {
	Items []T         `wire:"list"`
	_     alwaysEmpty `wire:"res"`
	// Total is how many there are on all pages together.
	Total int64 `wire:"total,digits"`
	Extra Extra
}

// MarshalJSON writes the page as the API does.
func (p Page[T]) MarshalJSON() ([]byte, error) { return encode(p) }

// UnmarshalJSON reads the page as the API writes it.
func (p *Page[T]) UnmarshalJSON(raw []byte) error { return decode(raw, p) }

// params are the query's parameters; nil where the server's default counts.
func (q PageQuery) params() (number, size *int32) {
	if q.Number != 0 {
		number = Ptr(int32(q.Number))
	}
	if q.Size != 0 {
		size = Ptr(int32(q.Size))
	}
	return number, size
}

const largestPage = 100

// all walks over the pages and asks for the next one when it is needed. Rows that new ones push onto the next page meanwhile are
// given once. After an error it ends.
func all[T any](ctx context.Context, id func(T) string, page func(context.Context, PageQuery) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		last := map[string]bool{}
		for number := 1; ; number++ {
			p, err := page(ctx, PageQuery{Number: number, Size: largestPage})
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			seen := make(map[string]bool, len(p.Items))
			for _, item := range p.Items {
				seen[id(item)] = true
				if !last[id(item)] && !yield(item, nil) {
					return
				}
			}
			if len(p.Items) < largestPage || int64(number)*largestPage >= p.Total {
				return
			}
			last = seen
		}
	}
}
