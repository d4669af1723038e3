package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// collection is a Postman collection, as far as ours goes.
type collection struct {
	Auth     postmanAuth
	Variable []postmanPair
	Item     []struct {
		Name string
		Item []struct {
			Name     string
			Request  postmanRequest
			Response []struct {
				Name            string
				OriginalRequest postmanRequest
				Code            int
				Header          []postmanPair
				Body            string
			}
		}
	}
}

type postmanAuth struct {
	Type   string
	Bearer []postmanPair
}

type postmanRequest struct {
	Method string
	Auth   *postmanAuth
	Header []postmanPair
	Body   *struct {
		Mode, Raw string
		FormData  []postmanPair
	}
	URL struct {
		Host, Path      []string
		Query, Variable []postmanPair
	}
}

type postmanPair struct {
	Key, Value, Type string
	Disabled         bool
}

// postmanSender sends a collection's requests as Postman does. A file is the photograph that the user would choose.
type postmanSender struct {
	*mock
	auth   postmanAuth
	values map[string]string
	guids  int
}

func (p *postmanSender) send(r postmanRequest) (int, http.Header, []byte) {
	p.Helper()
	address := p.resolve(strings.Join(r.URL.Host, "."))
	for _, part := range r.URL.Path {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			for _, v := range r.URL.Variable {
				if v.Key == name {
					part = url.PathEscape(p.resolve(v.Value))
				}
			}
		}
		address += "/" + part
	}
	query := url.Values{}
	for _, q := range r.URL.Query {
		if !q.Disabled {
			query.Add(q.Key, p.resolve(q.Value))
		}
	}
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	body, contentType := p.body(r)
	req, err := http.NewRequestWithContext(p.Context(), r.Method, address, bytes.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for _, h := range r.Header {
		if !h.Disabled {
			req.Header.Add(h.Key, p.resolve(h.Value))
		}
	}
	auth := p.auth
	if r.Auth != nil {
		auth = *r.Auth
	}
	if auth.Type == "bearer" {
		req.Header.Set("Authorization", "Bearer "+p.resolve(auth.Bearer[0].Value))
	}
	resp, err := p.client.Do(req)
	if err != nil {
		p.Fatalf("%s %s: %v", r.Method, address, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		p.Fatal(err)
	}
	return resp.StatusCode, resp.Header, answer
}

func (p *postmanSender) body(r postmanRequest) ([]byte, string) {
	p.Helper()
	switch {
	case r.Body == nil:
		return nil, ""
	case r.Body.Mode == "raw":
		return []byte(p.resolve(r.Body.Raw)), ""
	case r.Body.Mode != "formdata":
		p.Fatalf("a body of mode %q", r.Body.Mode)
	}
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	for _, field := range r.Body.FormData {
		if field.Disabled {
			continue
		}
		header, content := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q", field.Key)}}, []byte(p.resolve(field.Value))
		if field.Type == "file" {
			header.Set("Content-Disposition", fmt.Sprintf("form-data; name=%q; filename=%q", field.Key, "selfie.jpg"))
			header.Set("Content-Type", "image/jpeg")
			content = p.photo
		}
		part, err := form.CreatePart(header)
		if err != nil {
			p.Fatal(err)
		}
		_, _ = part.Write(content)
	}
	if err := form.Close(); err != nil {
		p.Fatal(err)
	}
	return out.Bytes(), form.FormDataContentType()
}

var postmanVariable = regexp.MustCompile(`\{\{([^}]+)\}\}`)

// resolve replaces variables. One that nobody sets is a failure.
func (p *postmanSender) resolve(text string) string {
	return postmanVariable.ReplaceAllStringFunc(text, func(v string) string {
		name := strings.Trim(v, "{}")
		if name == "$guid" {
			p.guids++
			return fmt.Sprintf("00000000-0000-4000-8000-%012d", p.guids)
		}
		value, ok := p.values[name]
		if !ok {
			p.Fatalf("there is no variable %s", v)
		}
		return value
	})
}

// TestMockAnswersThePostmanCollection sends every request of the published collection, and the request of every saved answer: the mock
// gives what is saved.
func TestMockAnswersThePostmanCollection(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "openapi", "dist", "creditpocket.postman_collection.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c collection
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	m := newMock(t, false)
	p := &postmanSender{mock: m, auth: c.Auth, values: map[string]string{}}
	for _, v := range c.Variable {
		p.values[v.Key] = v.Value
	}
	maps.Copy(p.values, map[string]string{"baseUrl": m.url, "token": anyToken, "gatewaySignature": "c0ffee"})
	requests, saved := 0, 0
	for _, folder := range c.Item {
		for _, item := range folder.Item {
			requests++
			if status, _, body := p.send(item.Request); status != http.StatusOK {
				t.Errorf("%s, %s: %d %s", folder.Name, item.Name, status, body)
			}
			seen := map[int]bool{}
			for _, answer := range item.Response {
				saved++
				seen[answer.Code] = true
				status, header, body := p.send(answer.OriginalRequest)
				if status != answer.Code || header.Get("Content-Type") != answer.Header[0].Value {
					t.Errorf("%s, %s, %s: %d %s", folder.Name, item.Name, answer.Name, status, body)
				} else if answer.Body != "" && !reflect.DeepEqual(m.value(body), m.value([]byte(answer.Body))) {
					t.Errorf("%s, %s, %s: %s", folder.Name, item.Name, answer.Name, body)
				}
			}
			for _, status := range []int{200, 401, 429, 500} {
				if !seen[status] {
					t.Errorf("%s, %s: no answer with %d is saved", folder.Name, item.Name, status)
				}
			}
		}
	}
	if requests != len(m.doc.Operations) {
		t.Errorf("%d requests of %d operations", requests, len(m.doc.Operations))
	}
	t.Logf("RESULT mock-postman requests=%d saved=%d", requests, saved)
}
