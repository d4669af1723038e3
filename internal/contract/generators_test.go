package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

var photo = []byte("\xff\xd8\xff\xe0 not looked at here, but binary: \x00\r\n--\xff\xd9")

func document(t *testing.T) *Document {
	t.Helper()
	d, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sent reads all of a request's body and gives it back as sent.
func sent(t *testing.T, r *Request) (*http.Request, []byte) {
	t.Helper()
	req, err := r.HTTP(context.Background(), "http://server")
	if err != nil {
		t.Fatal(err)
	}
	if req.Body == nil {
		return req, nil
	}
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	return req, raw
}

func TestDocumentHasEveryOperation(t *testing.T) {
	d := document(t)
	if len(d.Operations) < 50 {
		t.Fatalf("only %d operations", len(d.Operations))
	}
	kinds := map[Auth]int{}
	for _, op := range d.Operations {
		kinds[op.Auth]++
		if len(op.Statuses) < 5 || len(op.Reasons) < 5 || op.Tag == "" {
			t.Errorf("%s: statuses %v, reasons %v, tag %q", op.ID, op.Statuses, op.Reasons, op.Tag)
		}
		if op.BodyType != "" && len(op.Examples) == 0 {
			t.Errorf("%s: its body has no example", op.ID)
		}
	}
	if kinds[Gateway] != 1 || kinds[OptionalSession] != 2 || kinds[Public] == 0 || kinds[Session] < 30 {
		t.Errorf("kinds of authentication: %v", kinds)
	}
}

// The judge of these tests is the schema itself, which the generators read but do not use to decide.
func TestValidRequestsKeepTheSchema(t *testing.T) {
	for _, op := range document(t).Operations {
		for _, r := range append(op.ValidFor(), op.Valid(photo)) {
			req, body := sent(t, r)
			if strings.Contains(req.URL.Path, "{") {
				t.Errorf("%s: path %s", op.ID, req.URL.Path)
			}
			for _, p := range op.Params {
				if p.In == openapi3.ParameterInQuery && p.Required && req.URL.Query().Get(p.Name) == "" {
					t.Errorf("%s: no %s", op.ID, p.Name)
				}
			}
			if op.BodyType == JSONBody {
				var v any
				if err := json.Unmarshal(body, &v); err != nil {
					t.Fatalf("%s: %v", op.ID, err)
				}
				if err := op.Body.VisitJSON(v); err != nil {
					t.Errorf("%s: %v", op.ID, err)
				}
			}
		}
	}
}

func TestUploadsAreForms(t *testing.T) {
	op := document(t).Operation("applyLoan")
	_, body := sent(t, op.Valid(photo, photo))
	_, params, err := mime.ParseMediaType(op.Valid(photo).ContentType)
	if err != nil {
		t.Fatal(err)
	}
	f, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.File["files"]) != 2 || f.Value["id"][0] != "301" || f.Value["applyTerminal"][0] != "1" {
		t.Fatalf("%+v", f)
	}
}

// breaking kinds whose request a schema can judge.
var bySchema = []Kind{MissingRequired, WrongType, Null, TooSmall, TooLarge, TooLong, TooShort, BadPattern, NotInEnum, TooManyItems, TooFewItems, UnknownProperty}

func TestMutationsBreakTheSchema(t *testing.T) {
	total := 0
	kinds := map[Kind]int{}
	for _, op := range document(t).Operations {
		for m := range op.Mutations(rand.New(rand.NewPCG(1, 1)), photo) {
			total++
			kinds[m.Kind]++
			req, body := sent(t, m.Request)
			if m.Status < 400 || len(m.Reasons) == 0 {
				t.Errorf("%s: %s of %s expects nothing", op.ID, m.Kind, m.Place)
			}
			if op.BodyType != JSONBody || m.ContentType != JSONBody || !slices.Contains(bySchema, m.Kind) || m.RawQuery != op.Valid().RawQuery ||
				req.Header.Get("Idempotency-Key") != op.Valid().Header.Get("Idempotency-Key") || len(req.Header.Values("Idempotency-Key")) > 1 {
				continue
			}
			var v any
			if err := json.Unmarshal(body, &v); err != nil {
				t.Errorf("%s: %s of %s is no JSON: %v", op.ID, m.Kind, m.Place, err)
				continue
			}
			if err := op.Body.VisitJSON(v); err == nil {
				t.Errorf("%s: %s of %s keeps the schema: %.300s", op.ID, m.Kind, m.Place, body)
			}
		}
	}
	for _, kind := range append(slices.Clone(bySchema), NotFinite, BadFormat, OtherCase, SameTwice, ControlCharacter, NoSuchDate, RuleBroken, TrailingBytes, InvalidUTF8,
		DeepNesting, NotJSON, BrokenForm, EmptyBody, WrongContentType, OverLimit, UnknownQuery, QueryTwice, BadQuery, HeaderTwice) {
		if kinds[kind] == 0 {
			t.Errorf("no mutation of the kind %q", kind)
		}
	}
	t.Logf("%d mutations: %v", total, kinds)
}

func TestMutationsAreReproducible(t *testing.T) {
	op := document(t).Operation("saveBasicInfo")
	bodies := func(seed uint64) (all [][]byte) {
		for m := range op.Mutations(rand.New(rand.NewPCG(seed, 0))) {
			all = append(all, m.Body)
		}
		return all
	}
	one, two, other := bodies(7), bodies(7), bodies(8)
	if !slices.EqualFunc(one, two, bytes.Equal) {
		t.Error("the same seed gave other mutations")
	}
	if slices.EqualFunc(one, other, bytes.Equal) {
		t.Error("another seed gave the same mutations")
	}
}

func TestBoundariesKeepTheSchema(t *testing.T) {
	n := 0
	for _, op := range document(t).Operations {
		for r := range op.Boundaries() {
			n++
			_, body := sent(t, r.Request)
			if op.BodyType == JSONBody {
				var v any
				if err := json.Unmarshal(body, &v); err != nil {
					t.Fatal(err)
				}
				if err := op.Body.VisitJSON(v); err != nil {
					t.Errorf("%s: %s: %v", op.ID, r.Place, err)
				}
			}
		}
	}
	if n < 200 {
		t.Errorf("only %d boundaries", n)
	}
}

func TestOverLimitWaitsForTheServer(t *testing.T) {
	op := document(t).Operation("login")
	for m := range op.Mutations(rand.New(rand.NewPCG(1, 1))) {
		if m.Kind != OverLimit {
			continue
		}
		req, body := sent(t, m.Request)
		if req.Header.Get("Expect") != "100-continue" || len(body) <= jsonOver {
			t.Errorf("%s: %d bytes, Expect %q", m.Place, len(body), req.Header.Get("Expect"))
		}
		if m.Chunked != (req.ContentLength == -1) {
			t.Errorf("%s: announces %d", m.Place, req.ContentLength)
		}
	}
}

func TestTables(t *testing.T) {
	d := &Document{Operations: []*Operation{{ID: "one", Statuses: []int{200, 404}, Reasons: map[string]int{"X_NOT_FOUND": 404, "Y_NOT_FOUND": 404}}, {ID: "two", Statuses: []int{200}}}}
	table, missing := d.StatusTable(map[Cell]int{{"one", 200}: 3, {"two", 200}: 1})
	if len(missing) != 1 || missing[0] != (Cell{"one", 404}) || !strings.Contains(table, "MISS") {
		t.Errorf("%v\n%s", missing, table)
	}
	table, lost, undeclared := d.ReasonTable(map[ReasonCell]int{{"one", 404, "X_NOT_FOUND"}: 2, {"two", 400, "SURPRISE"}: 1})
	if len(lost) != 1 || lost[0].Reason != "Y_NOT_FOUND" || len(undeclared) != 1 || undeclared[0].Reason != "SURPRISE" || !strings.Contains(table, "X_NOT_FOUND:2") {
		t.Errorf("%v %v\n%s", lost, undeclared, table)
	}
}

// answering is a server of one answer.
type answering struct {
	status      int
	contentType string
	body        string
}

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {a.contentType}, "X-Request-Id": {"12345678"}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: req}, nil
}

func TestTransportRefusesWhatTheContractDoesNotAllow(t *testing.T) {
	const good = `{"code":1,"message":"successfully request","token":"1742643339300","data":{"email":"help@example.com","title":"Support"}}`
	const failed = `{"code":4046,"message":"This brand has no support e-mail.","token":"1742643339300","data":{"reason":"SUPPORT_EMAIL_NOT_FOUND","requestId":"12345678","fields":[],"retryable":false}}`
	for name, c := range map[string]struct {
		answering
		ok bool
	}{
		"good":             {answering{200, "application/json", good}, true},
		"failed":           {answering{404, "application/json", failed}, true},
		"trailing bytes":   {answering{200, "application/json", good + "x"}, false},
		"undeclared field": {answering{200, "application/json", strings.Replace(good, `"title"`, `"extra":1,"title"`, 1)}, false},
		"missing field":    {answering{200, "application/json", strings.Replace(good, `,"title":"Support"`, "", 1)}, false},
		"wrong type":       {answering{200, "application/json", strings.Replace(good, `"Support"`, "7", 1)}, false},
		"status":           {answering{409, "application/json", failed}, false},
		"content type":     {answering{200, "text/html", good}, false},
		"null":             {answering{200, "application/json", strings.Replace(good, `"Support"`, "null", 1)}, false},
	} {
		transport, err := NewTransport(c.answering)
		if err != nil {
			t.Fatal(err)
		}
		_, err = (&http.Client{Transport: transport}).Get("http://server/support/email")
		if violation := (*Violation)(nil); (err == nil) != c.ok || (err != nil && !errors.As(err, &violation)) {
			t.Errorf("%s: %v", name, err)
		}
		if n := transport.Seen()[Cell{"getSupportEmail", c.status}]; (n == 1) != c.ok {
			t.Errorf("%s: seen %d times", name, n)
		}
		if name == "failed" && transport.Reasons()[ReasonCell{"getSupportEmail", 404, "SUPPORT_EMAIL_NOT_FOUND"}] != 1 {
			t.Error("the reason was not noted")
		}
	}
}

func TestPathsAreEscaped(t *testing.T) {
	op := document(t).Operation("getImage")
	r := op.Valid()
	r.Path["code"] = "a/../b?c"
	req, _ := sent(t, r)
	if req.URL.EscapedPath() != "/image/"+url.PathEscape("a/../b?c") {
		t.Error(req.URL.EscapedPath())
	}
}
