package server

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
)

const secret = "hunter2-hunter2"

func loginFixture(t *testing.T) (*fixture, *api.LoginInfo) {
	f := newFixture(t, Config{})
	got := &api.LoginInfo{}
	answer := example[api.UserVoResponse](t, "/user/login", "POST")
	f.handlers.login = func(_ context.Context, r api.LoginRequestObject) (api.LoginResponseObject, error) {
		*got = *r.Body
		return api.Login200JSONResponse(answer), nil
	}
	return f, got
}

func TestValidRequestReachesTheHandler(t *testing.T) {
	f, got := loginFixture(t)
	r := f.do("POST", "/user/login", `{"mobile":"07000000003","password":"`+secret+`","applyTerminal":2}`)
	if r.StatusCode != 200 || got.Mobile != "07000000003" || *got.Password != secret || *got.ApplyTerminal != 2 || got.Code != nil {
		t.Fatalf("%d %s: handler saw %+v", r.StatusCode, r.raw, got)
	}
	if r.Header.Get("Content-Type") != "application/json" || r.ContentLength != int64(len(r.raw)) {
		t.Fatalf("headers %v", r.Header)
	}
	r = f.do("POST", "/user/login", `{"mobile":"07000000003","code":"123456"}`, `Content-Type: Application/JSON; Charset="UTF-8"`)
	if r.StatusCode != 200 || *got.Code != "123456" {
		t.Fatalf("%d %s: handler saw %+v", r.StatusCode, r.raw, got)
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	f, _ := loginFixture(t)
	f.handlers.login = func(context.Context, api.LoginRequestObject) (api.LoginResponseObject, error) {
		t.Error("a refused request reached the handler")
		return nil, nil
	}
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for _, c := range []struct {
		name, body string
		want       catalog.Entry
		rules      []string
	}{
		{"no body", "", catalog.ValidationFailed, []string{": a body is required"}},
		{"not JSON", `{"mobile"`, catalog.MalformedBody, []string{": must be valid JSON"}},
		{"trailing bytes", `{"mobile":"07000000003","code":"123456"} x`, catalog.MalformedBody, []string{": must end after one JSON value"}},
		{"second value", `{"mobile":"07000000003","code":"123456"}{}`, catalog.MalformedBody, []string{": must end after one JSON value"}},
		{"invalid UTF-8", "{\"mobile\":\"\xff\"}", catalog.MalformedBody, []string{": must be UTF-8"}},
		{"twice", `{"mobile":"07000000003","mobile":"08000000003"}`, catalog.ValidationFailed, []string{"mobile: must not be there twice, not even in other letters' case"}},
		{"twice in other case", `{"mobile":"07000000003","MOBILE":"08000000003"}`, catalog.ValidationFailed, []string{"MOBILE: must not be there twice, not even in other letters' case"}},
		{"twice by case folding", `{"deviceId":"a","device\u0049d":"b"}`, catalog.ValidationFailed, []string{"deviceId: must not be there twice, not even in other letters' case"}},
		{"too deep", `{"mobile":` + deep + `}`, catalog.ValidationFailed, nil},
		{"control character", `{"mobile":"07000000003","code":"123456","deviceId":"a\u0000b"}`, catalog.ValidationFailed, []string{"deviceId: must not contain control characters"}},
		{"null", `null`, catalog.ValidationFailed, nil},
		{"list", `[]`, catalog.ValidationFailed, []string{": must be an object"}},
		{"all problems at once", `{"password":"short","code":"12x456","applyTerminal":9,"pin":1}`, catalog.ValidationFailed, []string{
			"applyTerminal: must be at most 3", "code: must match ^[0-9]{6}$", "password: must have at least 8 characters",
			"pin: is not known here", "mobile: is required"}},
		{"wrong type", `{"mobile":7000000003,"code":"123456"}`, catalog.ValidationFailed, []string{"mobile: must be a string"}},
		{"null member", `{"mobile":null,"code":"123456"}`, catalog.ValidationFailed, []string{"mobile: must not be null"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := f.do("POST", "/user/login", c.body)
			f.wantReason(r, c.want)
			if got := r.rules(t); c.rules != nil && !slices.Equal(got, c.rules) {
				t.Fatalf("got %q\nwant %q", got, c.rules)
			}
		})
	}
}

func TestRefusalsNeverRepeatValues(t *testing.T) {
	f, _ := loginFixture(t)
	for _, body := range []string{
		`{"mobile":"` + secret + `","password":"` + secret + `"}`,
		`{"mobile":"07000000003","password":["` + secret + `"]}`,
		`{"mobile":"07000000003","applyTerminal":"` + secret + `"}`,
		`{"mobile":"07000000003","password":"` + strings.Repeat(secret, 20) + `"}`,
		`{"mobile":"07000000003","password":"` + secret + `","extra":"` + secret + `"}`,
	} {
		r := f.do("POST", "/user/login", body)
		f.wantReason(r, catalog.ValidationFailed)
		if bytes.Contains(r.raw, []byte(secret)) {
			t.Errorf("the answer repeats the value: %s", r.raw)
		}
	}
	f.wantReason(f.do("GET", "/loan/record/page?pageNum="+secret, "", bearerLive), catalog.ValidationFailed)
	if strings.Contains(f.log.String(), secret) {
		t.Errorf("the log repeats the value: %s", f.log)
	}
}

func TestContentTypes(t *testing.T) {
	f, _ := loginFixture(t)
	body := `{"mobile":"07000000003","code":"123456"}`
	for _, header := range []string{
		"Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded", "Content-Type: application/json; charset=latin1",
		"Content-Type: ;", "Content-Encoding: gzip", "Content-Type: application/json, application/json",
	} {
		r := f.do("POST", "/user/login", body, header)
		f.wantReason(r, catalog.UnsupportedContentType)
	}
}

func TestBodyLimits(t *testing.T) {
	f, _ := loginFixture(t)
	large := `{"mobile":"` + strings.Repeat("7", defaultBodyLimit) + `"}`
	f.wantReason(f.do("POST", "/user/login", large), catalog.BodyTooLarge)

	// The same without an announced length: found out while reading.
	r, err := http.NewRequest("POST", f.http.URL+"/user/login", io.MultiReader(strings.NewReader(large)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	f.wantReason(f.send(r), catalog.BodyTooLarge)

	// An operation with a limit of its own takes the same size.
	f.handlers.webhook = func(context.Context, api.ReceivePaystackEventRequestObject) (api.ReceivePaystackEventResponseObject, error) {
		code, message, token := f.server.stamp.OK()
		return api.ReceivePaystackEvent200JSONResponse{Code: code, Message: message, Token: token, Data: api.Ack{Accepted: 1}}, nil
	}
	event := `{"event":"charge.success","data":{"x":"` + strings.Repeat("7", defaultBodyLimit) + `"}}`
	if r := f.do("POST", "/gateway/paystack/webhook", event, "x-paystack-signature: "+goodSign); r.StatusCode != 200 {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
}

func TestQueries(t *testing.T) {
	f := newFixture(t, Config{})
	var got api.ListLoansParams
	answer := example[api.LoanPageResponse](t, "/loan/record/page", "GET")
	f.handlers.loans = func(_ context.Context, r api.ListLoansRequestObject) (api.ListLoansResponseObject, error) {
		got = r.Params
		return api.ListLoans200JSONResponse(answer), nil
	}
	if r := f.do("GET", "/loan/record/page?pageSize=25", "", bearerLive); r.StatusCode != 200 || *got.PageNum != 1 || *got.PageSize != 25 {
		t.Fatalf("%d %s: defaults were not filled in: %+v", r.StatusCode, r.raw, got)
	}
	if r := f.do("GET", "/loan/record/page", `{"ignored":true}`, bearerLive); r.StatusCode != 200 {
		t.Fatalf("the body of a GET is ignored, got %d %s", r.StatusCode, r.raw)
	}
	for query, want := range map[string][]string{
		"?page=2&pageNum=0":      {"page: is not a parameter of this operation"},
		"?pageNum=0&pageSize=1e": {"pageNum: must be at least 1", "pageSize: must be a whole number"},
		"?pageNum=1&pageNum=2":   {"pageNum: must be given once"},
		"?pageNum=%00":           {"pageNum: must not contain control characters"},
		"?pageNum=%ff":           {"pageNum: must be UTF-8"},
		"?pageNum=%zz":           {": the query must be well formed"},
		"?pageNum=":              nil,
		"?pageNum=1;pageSize=2":  {": the query must be well formed"},
		"?pageNum=99999999999":   nil,
	} {
		r := f.do("GET", "/loan/record/page"+query, "", bearerLive)
		f.wantReason(r, catalog.ValidationFailed)
		if rules := r.rules(t); want != nil && !slices.Equal(rules, want) {
			t.Errorf("%s: got %q, want %q", query, rules, want)
		}
	}
}

func TestPathAndHeaderParameters(t *testing.T) {
	f := newFixture(t, Config{})
	r := f.do("GET", "/image/not-a-uuid", "", bearerLive)
	f.wantReason(r, catalog.ValidationFailed)
	if got := r.rules(t); len(got) == 0 || !strings.HasPrefix(got[0], "code: ") {
		t.Fatalf("got %q", got)
	}
	body := `{"bankNo":"058","bankAccNo":"0000003019"}`
	for _, keys := range [][]string{{"Idempotency-Key: short"}, {"Idempotency-Key: has space in it"}, {"Idempotency-Key: aaaaaaaa", "Idempotency-Key: bbbbbbbb"}} {
		r := f.do("POST", "/user/bank/simple", body, append(keys, bearerLive)...)
		f.wantReason(r, catalog.ValidationFailed)
		if got := r.rules(t); len(got) == 0 || !strings.HasPrefix(got[0], "Idempotency-Key: ") {
			t.Fatalf("%v: got %q", keys, got)
		}
	}
}

func TestOptionalBody(t *testing.T) {
	f := newFixture(t, Config{})
	answer := example[api.HotQuestionListResponse](t, "/support/question/hot", "POST")
	calls := 0
	f.handlers.hot = func(context.Context, api.ListHotQuestionsRequestObject) (api.ListHotQuestionsResponseObject, error) {
		calls++
		return api.ListHotQuestions200JSONResponse(answer), nil
	}
	for _, body := range []string{"", "{}"} {
		if r := f.do("POST", "/support/question/hot", body); r.StatusCode != 200 {
			t.Fatalf("body %q: %d %s", body, r.StatusCode, r.raw)
		}
	}
	f.wantReason(f.do("POST", "/support/question/hot", `{"limit":0}`), catalog.ValidationFailed)
	if calls != 2 {
		t.Fatalf("the handler ran %d times, want 2", calls)
	}
}

func TestUploadIsStreamed(t *testing.T) {
	f := newFixture(t, Config{})
	answer := example[api.LoanPageResponse](t, "/loan/record/apply", "POST")
	started := make(chan int64, 1)
	f.handlers.apply = func(_ context.Context, r api.ApplyLoanRequestObject) (api.ApplyLoanResponseObject, error) {
		part, err := r.Body.NextPart()
		if err != nil {
			return nil, err
		}
		first := make([]byte, 4)
		if _, err := io.ReadFull(part, first); err != nil {
			return nil, err
		}
		started <- 1
		if _, err := io.Copy(io.Discard, part); err != nil {
			return nil, err
		}
		return api.ApplyLoan200JSONResponse{Body: answer}, nil
	}
	upload := func(size int, header ...string) reply {
		body, w := io.Pipe()
		form := multipart.NewWriter(w)
		go func() {
			part, err := form.CreateFormFile("files", "a.jpg")
			if err == nil {
				_, err = part.Write([]byte("head"))
			}
			if err == nil && size > 0 {
				<-started // the handler reads before the body is complete, so nothing buffers it
				_, err = io.CopyN(part, zeros{}, int64(size))
			}
			if err == nil {
				err = form.Close()
			}
			w.CloseWithError(err)
		}()
		r, err := http.NewRequest("POST", f.http.URL+"/loan/record/apply", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Authorization", "Bearer "+liveToken)
		for _, line := range header {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Set(name, value)
		}
		return f.send(r)
	}
	if r := upload(5 << 20); r.StatusCode != 200 {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	f.wantReason(f.do("POST", "/loan/record/apply", "{}", bearerLive), catalog.UnsupportedContentType)
	f.wantReason(f.do("POST", "/loan/record/apply", "x", bearerLive, "Content-Type: multipart/form-data"), catalog.UnsupportedContentType)
	r := f.do("POST", "/loan/record/apply", "--x\r\n", bearerLive, "Content-Type: multipart/form-data; boundary=x", "Idempotency-Key: nope")
	f.wantReason(r, catalog.ValidationFailed)
}

func TestUploadLimit(t *testing.T) {
	f := newFixture(t, Config{})
	f.handlers.apply = func(_ context.Context, r api.ApplyLoanRequestObject) (api.ApplyLoanResponseObject, error) {
		part, err := r.Body.NextPart()
		if err != nil {
			return nil, err
		}
		_, err = io.Copy(io.Discard, part)
		return nil, err
	}
	body := io.MultiReader(strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n"), io.LimitReader(zeros{}, uploadBodyLimit))
	r, err := http.NewRequest("POST", f.http.URL+"/loan/record/apply", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.Header.Set("Authorization", "Bearer "+liveToken)
	f.wantReason(f.send(r), catalog.BodyTooLarge)
}

// zeros is an endless source.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
