package server

import (
	"errors"

	"github.com/creditpocket/creditpocket/internal/contractplan"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// addProblems takes in what kin-openapi found wrong with a request, as places and rules in words, in the order in which it
// looked.
func addProblems(found *contractplan.Problems, err error) {
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, inner := range e {
			addProblems(found, inner)
		}
		return
	case *openapi3filter.RequestError:
		place := ""
		if e.Parameter != nil {
			place = e.Parameter.Name
		}
		switch {
		case errors.Is(e.Err, openapi3filter.ErrInvalidRequired):
			found.Add(place, "is required")
			return
		case errors.Is(e.Err, openapi3filter.ErrInvalidEmptyValue):
			found.Add(place, "must not be empty")
			return
		case e.Err == nil:
			found.Add(place, "cannot be read")
			return
		}
		if unreadable := (*openapi3filter.ParseError)(nil); errors.As(e.Err, &unreadable) && e.Parameter != nil && e.Parameter.Schema != nil {
			found.Add(place, "must be "+contractplan.TypeName(e.Parameter.Schema.Value))
			return
		}
		found.AddFrom(e.Err, place)
		return
	}
	found.AddFrom(err, "")
}
