package ops

import (
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestBadInput sends every mutation of every operation as the administrator: the status is right, the reason the catalog's, the field
// named, no value echoed, and nothing in the database changes.
func TestBadInput(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	total := 0
	w.unchanged("bad input", func() {
		for _, op := range w.doc.Operations {
			failures := 0
			for m := range op.Mutations(mathrand.New(mathrand.NewPCG(1, 0))) {
				total++
				if problem := w.judgeMutation(m); problem != "" {
					if failures++; failures <= 8 {
						t.Errorf("%s: %s (%s): %s; sent ?%s %.300s", op.ID, m.Kind, m.Place, problem, m.RawQuery, m.Body)
					}
				}
			}
		}
	})
	fmt.Printf("\nBad input: %d requests to %d operations of the staff.\n", total, len(w.doc.Operations))
	if total < 1500 {
		t.Errorf("only %d requests", total)
	}
}

// judgeMutation says what is wrong with the answer to a mutation, "" for nothing.
func (w *world) judgeMutation(m contract.Mutation) string {
	c := call{Request: m.Request, by: "admin"}
	a, err := w.try(c)
	for n := 0; n < 20 && m.Kind == contract.OverLimit && errors.Is(err, syscall.ECONNRESET); n++ {
		a, err = w.try(c) // a client that is still sending may lose the connection before it reads the refusal
	}
	switch {
	case err != nil:
		return err.Error()
	case a.Status != m.Status:
		return fmt.Sprintf("expected %d, got %s", m.Status, a)
	case !slices.Contains(m.Reasons, a.Reason):
		return fmt.Sprintf("expected one of %v, got %s", m.Reasons, a)
	case m.Field != "" && !slices.ContainsFunc(a.Fields, func(f string) bool { return strings.EqualFold(f, m.Field) }):
		return fmt.Sprintf("expected the field %s among %v", m.Field, a.Fields)
	}
	for _, secret := range m.Secrets {
		if strings.Contains(string(a.Raw), secret) {
			return fmt.Sprintf("echoes %q", secret)
		}
	}
	return ""
}

// TestBoundaries sends requests at the edges of what the schemas allow: whatever they mean, no answer is a fault of the server, and
// none breaks the contract.
func TestBoundaries(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	statuses := map[int]int{}
	for _, op := range w.doc.Operations {
		for edge := range op.Boundaries() {
			c := call{Request: edge.Request, by: "admin"}
			if strings.HasPrefix(c.Header.Get("Idempotency-Key"), "7f0c2f7e") {
				c = c.key("test-" + rand.Text())
			}
			a, err := w.try(c)
			if err != nil {
				t.Errorf("%s, %s: %v", op.ID, edge.Place, err)
				continue
			}
			if statuses[a.Status]++; a.Status >= 500 {
				t.Errorf("%s, %s: %s; sent ?%s %.300s", op.ID, edge.Place, a, c.RawQuery, c.Body)
			}
		}
	}
	fmt.Printf("\nAt the edges: answers by status %v.\n", statuses)
}
