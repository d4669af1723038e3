package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
)

// rawAnswer is an answer that bypasses the generated types, as only a bug could.
type rawAnswer struct {
	status      int
	contentType string
	body        string
}

func (a rawAnswer) write(w http.ResponseWriter) error {
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	w.WriteHeader(a.status)
	_, err := io.WriteString(w, a.body)
	return err
}

func (a rawAnswer) VisitCheckLoginResponse(w http.ResponseWriter) error { return a.write(w) }
func (a rawAnswer) VisitGetImageResponse(w http.ResponseWriter) error   { return a.write(w) }

const (
	goodState  = `{"code":1,"message":"successfully request","token":"1742646843300","data":{"login":0,"uid":"","tokenExpireTime":""}}`
	canaryName = "2222canary2222"
)

// planted answers break the contract of checkLogin, each in one way; the log must name the place.
var planted = map[string]struct {
	answer rawAnswer
	log    string
}{
	"undocumented status":    {rawAnswer{404, "application/json", goodState}, "status 404 is not documented"},
	"other content type":     {rawAnswer{200, "text/plain", canaryName}, "content type is not one of status 200"},
	"no content type":        {rawAnswer{200, "", goodState}, "content type is not one of status 200"},
	"undeclared field":       {rawAnswer{200, "application/json", strings.Replace(goodState, `"login":0`, `"login":0,"extra":"`+canaryName+`"`, 1)}, "/data/extra is not known here"},
	"undeclared at the top":  {rawAnswer{200, "application/json", strings.Replace(goodState, `"code":1`, `"code":1,"debug":"`+canaryName+`"`, 1)}, "/debug is not known here"},
	"missing field":          {rawAnswer{200, "application/json", strings.Replace(goodState, `"uid":"",`, ``, 1)}, "/data/uid is required"},
	"wrong type":             {rawAnswer{200, "application/json", strings.Replace(goodState, `"uid":""`, `"uid":7`, 1)}, "/data/uid must be a string"},
	"out of bounds":          {rawAnswer{200, "application/json", strings.Replace(goodState, `"login":0`, `"login":2`, 1)}, "/data/login must be at most 1"},
	"value in pattern":       {rawAnswer{200, "application/json", strings.Replace(goodState, `"uid":""`, `"uid":"`+canaryName+`"`, 1)}, "/data/uid must match"},
	"trailing bytes":         {rawAnswer{200, "application/json", goodState + "x"}, "must end after one JSON value"},
	"two values":             {rawAnswer{200, "application/json", goodState + goodState}, "must end after one JSON value"},
	"cut":                    {rawAnswer{200, "application/json", goodState[:40]}, "must be valid JSON"},
	"empty":                  {rawAnswer{200, "application/json", ""}, "must be valid JSON"},
	"duplicate key":          {rawAnswer{200, "application/json", strings.Replace(goodState, `"login":0`, `"login":0,"LOGIN":1`, 1)}, "/data/LOGIN must not be there twice"},
	"success code on errors": {rawAnswer{401, "application/json", goodState}, "/code"},
}

func TestResponsesAreHeldToTheContract(t *testing.T) {
	for name, c := range planted {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Config{})
			f.handlers.check = func(context.Context) (api.CheckLoginResponseObject, error) { return c.answer, nil }
			r := f.do("GET", "/user/login/check", "")
			f.wantReason(r, catalog.ResponseContractViolation)
			if strings.Contains(string(r.raw), canaryName) || strings.Contains(f.log.String(), canaryName) {
				t.Fatalf("a value got out: %s\n%s", r.raw, f.log)
			}
			for _, want := range []string{"checkLogin", c.log} {
				if !strings.Contains(f.log.String(), want) {
					t.Fatalf("the log does not say %q: %s", want, f.log)
				}
			}
		})
	}
}

func TestGoodResponsePasses(t *testing.T) {
	f := newFixture(t, Config{})
	f.handlers.check = func(context.Context) (api.CheckLoginResponseObject, error) {
		return rawAnswer{200, "application/json", goodState + "\n"}, nil
	}
	if r := f.do("GET", "/user/login/check", ""); r.StatusCode != 200 || strings.TrimSpace(string(r.raw)) != goodState {
		t.Fatalf("%d %s\n%s", r.StatusCode, r.raw, f.log)
	}
}

func TestResponseModes(t *testing.T) {
	bad := planted["undeclared field"].answer
	for mode, logged := range map[ResponseMode]bool{LogOnly: true, Off: false} {
		f := newFixture(t, Config{Responses: mode})
		f.handlers.check = func(context.Context) (api.CheckLoginResponseObject, error) { return bad, nil }
		r := f.do("GET", "/user/login/check", "")
		if r.StatusCode != 200 || string(r.raw) != bad.body {
			t.Fatalf("mode %d: %d %s", mode, r.StatusCode, r.raw)
		}
		if got := strings.Contains(f.log.String(), "breaks the contract"); got != logged {
			t.Fatalf("mode %d: logged %v, want %v", mode, got, logged)
		}
	}
	for word, want := range map[string]ResponseMode{"": Enforce, "enforce": Enforce, "log": LogOnly, "off": Off} {
		if got, ok := ParseResponseMode(word); !ok || got != want {
			t.Errorf("%q is %d, %v", word, got, ok)
		}
	}
	if _, ok := ParseResponseMode("maybe"); ok {
		t.Error("an unknown mode was read")
	}
}

const imagePath = "/image/90c192cf-d3ac-44af-8f21-ddb66cad4a26"

func TestImagesStream(t *testing.T) {
	f := newFixture(t, Config{})
	read, write := io.Pipe()
	f.handlers.image = func(_ context.Context, r api.GetImageRequestObject) (api.GetImageResponseObject, error) {
		return api.GetImage200ImageJpegResponse{Body: read, ContentLength: 8}, nil
	}
	r, err := http.NewRequest("GET", f.http.URL+imagePath, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+liveToken)
	go func() {
		_, _ = io.WriteString(write, "\xff\xd8half")
		_, _ = io.WriteString(write, "12")
		_ = write.Close()
	}()
	if got := f.send(r); got.StatusCode != 200 || string(got.raw) != "\xff\xd8half12" || got.Header.Get("Content-Type") != "image/jpeg" {
		t.Fatalf("%d %q %v", got.StatusCode, got.raw, got.Header)
	}

	f.handlers.image = func(context.Context, api.GetImageRequestObject) (api.GetImageResponseObject, error) {
		return rawAnswer{200, "image/gif", "GIF89a"}, nil
	}
	f.wantReason(f.do("GET", imagePath, "", bearerLive), catalog.ResponseContractViolation)
}

func TestBrokenStreamIsNotTakenForWhole(t *testing.T) {
	f := newFixture(t, Config{})
	f.handlers.image = func(context.Context, api.GetImageRequestObject) (api.GetImageResponseObject, error) {
		body := io.MultiReader(strings.NewReader("\xff\xd8half"), iotest.ErrReader(errors.New("the store went away")))
		return api.GetImage200ImageJpegResponse{Body: body}, nil
	}
	r, err := http.NewRequest("GET", f.http.URL+imagePath, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+liveToken)
	res, err := f.http.Client().Do(r)
	if err == nil {
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
	}
	if err == nil {
		t.Fatal("the caller saw a complete answer")
	}
	if !strings.Contains(f.log.String(), "a stream broke off") {
		t.Fatalf("not logged: %s", f.log)
	}
}
