package conform

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/creditpocket/creditpocket/internal/contract"
)

// noFault is all that can be said of an answer to a good request: it is no defect of the server.
func noFault(got answer) string {
	if got.status == http.StatusInternalServerError {
		return fmt.Sprintf("a defect of the server: 500 %s", got.reason)
	}
	return ""
}

// ends tells whether an operation would end the session, or the borrower, where it is answered with a success.
func ends(op *contract.Operation) bool {
	return slices.Contains([]string{"logout", "postLogout", "revokeSession", "refreshSession", "changePassword", "eraseUser"}, op.ID)
}

// session is the header of who asks an operation; false where the operation cannot be asked as it wants to be.
func (a *asker) session(op *contract.Operation) (header string, can bool) {
	switch op.Auth {
	case contract.Session:
		return "Bearer " + a.token, a.token != ""
	case contract.OptionalSession:
		if a.token != "" {
			return "Bearer " + a.token, true
		}
	case contract.Gateway:
		return "", a.o.GatewaySecret != ""
	}
	return "", true
}

// good sends requests that keep every rule: whatever they mean to the server, it answers as the contract says.
func (a *asker) good(ctx context.Context) {
	a.together(ctx, func(ask func(question)) {
		for _, op := range a.doc.Operations {
			header, can := a.session(op)
			if !can || ends(op) || (a.o.ReadOnly && op.Method != http.MethodGet) {
				continue
			}
			for _, r := range op.ValidFor() {
				if op.BodyType == contract.UploadBody {
					r = op.Valid(a.photo)
				}
				ask(question{r, "a good request", header, noFault})
			}
			for edge := range op.Boundaries() {
				ask(question{edge.Request, "at the edge of " + edge.Place, header, noFault})
			}
		}
	})
}

// strangers ask for everything that needs a session, a brand or a signature.
func (a *asker) strangers(ctx context.Context) {
	refused := func(status int, reason string) func(answer) string {
		return func(got answer) string {
			if got.status != status || got.reason != reason {
				return fmt.Sprintf("expected %d %s, got %d %s", status, reason, got.status, got.reason)
			}
			return ""
		}
	}
	a.together(ctx, func(ask func(question)) {
		for _, op := range a.doc.Operations {
			switch op.Auth {
			case contract.Session:
				for what, header := range map[string]string{"without a token": "", "with a token of no session": "Bearer " + strings.Repeat("A", 43), "with what can be no token": "Bearer x"} {
					ask(question{op.Valid(a.photo), what, header, refused(http.StatusUnauthorized, "UNAUTHENTICATED")})
				}
			case contract.Gateway:
				r := op.Valid()
				r.Header.Set("X-Paystack-Signature", strings.Repeat("0", 128))
				ask(question{r, "with a wrong signature", "", refused(http.StatusUnauthorized, "SIGNATURE_INVALID")})
			}
		}
	})
}

// broken sends requests that each break one rule.
func (a *asker) broken(ctx context.Context) {
	a.together(ctx, func(ask func(question)) {
		for _, op := range a.doc.Operations {
			header, can := a.session(op)
			if !can {
				continue
			}
			sent := map[contract.Kind]bool{}
			for m := range op.Mutations(rand.New(rand.NewPCG(a.o.Seed, 0)), a.photo) {
				if a.o.Quick && sent[m.Kind] {
					continue
				}
				sent[m.Kind] = true
				ask(question{m.Request, fmt.Sprintf("%s (%s)", m.Kind, m.Place), header, func(got answer) string { return judgeMutation(m, got) }})
			}
		}
	})
}

func judgeMutation(m contract.Mutation, got answer) string {
	switch {
	case got.status != m.Status || !slices.Contains(m.Reasons, got.reason):
		return fmt.Sprintf("expected %d %s, got %d %s", m.Status, strings.Join(m.Reasons, " or "), got.status, got.reason)
	case m.Field != "" && !slices.ContainsFunc(got.fields, func(f string) bool { return strings.EqualFold(f, m.Field) }):
		return fmt.Sprintf("expected the field %s among %v", m.Field, got.fields)
	}
	if slices.ContainsFunc(m.Secrets, func(secret string) bool { return strings.Contains(string(got.raw), secret) }) {
		return "the answer repeats the value"
	}
	return ""
}

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

// verbs sends what a path does not know.
func (a *asker) verbs(ctx context.Context) {
	if len(a.o.Operations) > 0 {
		return // a path's other operation may have been left out
	}
	declared := map[string][]string{}
	for _, op := range a.doc.Operations {
		declared[op.Path] = append(declared[op.Path], op.Method)
	}
	for path, methods := range declared {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if slices.Contains(methods, method) {
				continue
			}
			address := parameter.ReplaceAllString(path, "90c192cf-d3ac-44af-8f21-ddb66cad4a26")
			got, err := a.bare(ctx, method, address)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				a.violation("%s %s: %v", method, path, err)
			case got.status != http.StatusMethodNotAllowed || got.reason != "METHOD_NOT_ALLOWED":
				a.violation("%s %s: expected 405 METHOD_NOT_ALLOWED, got %d %s", method, path, got.status, got.reason)
			case !strings.Contains(got.header.Get("Allow"), methods[0]):
				a.violation("%s %s: Allow is %q and lacks %s", method, path, got.header.Get("Allow"), methods[0])
			}
		}
	}
}

// nowhere asks for paths that are none.
func (a *asker) nowhere(ctx context.Context) {
	for _, path := range []string{"/nope", "/user", "/user/info/nope", "/loan/record", "/.env"} {
		got, err := a.bare(ctx, http.MethodGet, path)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			a.violation("GET %s: %v", path, err)
		case got.status != http.StatusNotFound || got.reason != "NOT_FOUND":
			a.violation("GET %s: expected 404 NOT_FOUND, got %d %s", path, got.status, got.reason)
		}
	}
}

func (a *asker) bare(ctx context.Context, method, path string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.o.URL+path, nil)
	if err != nil {
		return answer{}, err
	}
	return a.do(req)
}
