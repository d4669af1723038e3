package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
	"gopkg.in/yaml.v3"
)

// arazzo is a document of journeys, as far as ours goes.
type arazzo struct {
	SourceDescriptions []struct{ Name, URL, Type string } `yaml:"sourceDescriptions"`
	Workflows          []workflow
}

type workflow struct {
	ID     string `yaml:"workflowId"`
	Inputs struct {
		Required   []string
		Properties map[string]any
	}
	DependsOn []string `yaml:"dependsOn"`
	Steps     []arazzoStep
	Outputs   map[string]string
}

type arazzoStep struct {
	ID          string `yaml:"stepId"`
	OperationID string `yaml:"operationId"`
	Parameters  []struct{ Name, In, Value string }
	RequestBody *struct {
		ContentType string `yaml:"contentType"`
		Payload     any
	} `yaml:"requestBody"`
	SuccessCriteria []criterion `yaml:"successCriteria"`
	OnFailure       []struct {
		Type       string
		RetryAfter float64 `yaml:"retryAfter"`
		RetryLimit int     `yaml:"retryLimit"`
		Criteria   []criterion
	} `yaml:"onFailure"`
	Outputs map[string]string
}

type criterion struct{ Condition string }

// arazzoRun walks workflows against a server. What it does not know of Arazzo is a failure, never passed over.
type arazzoRun struct {
	*testing.T
	doc       arazzo
	endpoints map[string]endpoint // by operationId
	client    *journey.Client
	values    map[string]any // by runtime expression
	sent      int
}

type endpoint struct{ method, path string }

// readArazzo reads the journeys, and the document that they name as their source.
func readArazzo(t *testing.T) *arazzoRun {
	t.Helper()
	dir := filepath.Join("..", "..", "openapi", "dist")
	raw, err := os.ReadFile(filepath.Join(dir, "creditpocket.arazzo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r := &arazzoRun{T: t, endpoints: map[string]endpoint{}}
	if err := yaml.Unmarshal(raw, &r.doc); err != nil {
		t.Fatal(err)
	}
	if len(r.doc.SourceDescriptions) != 1 {
		t.Fatalf("the sources are %v", r.doc.SourceDescriptions)
	}
	if raw, err = os.ReadFile(filepath.Join(dir, r.doc.SourceDescriptions[0].URL)); err != nil {
		t.Fatal(err)
	}
	var source struct {
		Paths map[string]map[string]struct {
			OperationID string `yaml:"operationId"`
		}
	}
	if err := yaml.Unmarshal(raw, &source); err != nil {
		t.Fatal(err)
	}
	for path, item := range source.Paths {
		for method, op := range item {
			r.endpoints[op.OperationID] = endpoint{strings.ToUpper(method), path}
		}
	}
	return r
}

// run walks one workflow with inputs, and returns its outputs.
func (r *arazzoRun) run(id string, inputs map[string]any) map[string]any {
	r.Helper()
	for _, w := range r.doc.Workflows {
		if w.ID != id {
			continue
		}
		r.values = map[string]any{}
		for _, name := range w.Inputs.Required {
			if inputs[name] == nil {
				r.Fatalf("%s: there is no input %s", id, name)
			}
			r.values["$inputs."+name] = inputs[name]
		}
		for _, s := range w.Steps {
			r.step(id, s)
		}
		outputs := map[string]any{}
		for name, expression := range w.Outputs {
			outputs[name] = r.value(expression)
		}
		return outputs
	}
	r.Fatalf("there is no workflow %s", id)
	return nil
}

func (r *arazzoRun) step(workflow string, s arazzoStep) {
	r.Helper()
	at, ok := r.endpoints[s.OperationID]
	if !ok {
		r.Fatalf("%s: %s: no operation %q", workflow, s.ID, s.OperationID)
	}
	if len(s.SuccessCriteria) == 0 {
		r.Fatalf("%s: %s: nothing tells a success", workflow, s.ID)
	}
	for tries := 0; ; tries++ {
		answer := r.send(at, s)
		seen := map[string]any{"$statusCode": float64(answer.Status)}
		var body any
		if err := json.Unmarshal(answer.Bytes, &body); err != nil {
			r.Fatal(err)
		}
		seen["$response.body"] = body
		if failed := r.failed(s.SuccessCriteria, seen); failed != "" {
			if len(s.OnFailure) == 1 && s.OnFailure[0].Type == "retry" && tries < s.OnFailure[0].RetryLimit && r.failed(s.OnFailure[0].Criteria, seen) == "" {
				// The pause that the journey tells the app to make between two looks.
				time.Sleep(time.Duration(s.OnFailure[0].RetryAfter * float64(time.Second)))
				continue
			}
			r.Fatalf("%s: %s: not %s, after %d tries: %d %s", workflow, s.ID, failed, tries+1, answer.Status, answer.Bytes)
		}
		for name, expression := range s.Outputs {
			r.values["$steps."+s.ID+".outputs."+name] = r.seen(expression, seen)
		}
		return
	}
}

// send makes the request of a step out of its parameters and payload. The client judges the answer by the contract.
func (r *arazzoRun) send(at endpoint, s arazzoStep) journey.Answer {
	r.Helper()
	query, headers := url.Values{}, map[string]string{}
	for _, p := range s.Parameters {
		value := fmt.Sprint(r.value(p.Value))
		switch p.In {
		case "query":
			query.Set(p.Name, value)
		case "header":
			headers[p.Name] = value
		default:
			r.Fatalf("%s: a parameter in %q", s.ID, p.In)
		}
	}
	path := at.path
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var body []byte
	contentType := ""
	if s.RequestBody != nil {
		body, contentType = r.body(s.RequestBody.ContentType, r.filled(s.RequestBody.Payload))
	}
	r.sent++
	answer, err := r.client.Send(r.Context(), at.method, path, contentType, body, headers)
	if err != nil {
		r.Fatalf("%s: %v", s.ID, err)
	}
	return answer
}

// body encodes a payload. A []byte in it is a file.
func (r *arazzoRun) body(contentType string, payload any) ([]byte, string) {
	r.Helper()
	if contentType == "application/json" {
		raw, err := json.Marshal(payload)
		if err != nil {
			r.Fatal(err)
		}
		return raw, contentType
	}
	if contentType != "multipart/form-data" {
		r.Fatalf("a body of type %q", contentType)
	}
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	for name, value := range payload.(map[string]any) {
		parts, many := value.([]any)
		if !many {
			parts = []any{value}
		}
		for _, part := range parts {
			header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q", name)}}
			content, file := part.([]byte)
			if file {
				header.Set("Content-Disposition", fmt.Sprintf("form-data; name=%q; filename=%q", name, "selfie.jpg"))
				header.Set("Content-Type", "image/jpeg")
			} else {
				content = fmt.Append(nil, part)
			}
			w, err := form.CreatePart(header)
			if err != nil {
				r.Fatal(err)
			}
			_, _ = w.Write(content)
		}
	}
	if err := form.Close(); err != nil {
		r.Fatal(err)
	}
	return out.Bytes(), form.FormDataContentType()
}

// filled is a payload with its expressions replaced.
func (r *arazzoRun) filled(payload any) any {
	r.Helper()
	switch v := payload.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			out[name] = r.filled(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = r.filled(value)
		}
		return out
	case string:
		return r.value(v)
	}
	return payload
}

var embedded = regexp.MustCompile(`\{(\$[^}]+)\}`)

// value evaluates an expression, or a text with expressions in braces.
func (r *arazzoRun) value(text string) any {
	r.Helper()
	if strings.HasPrefix(text, "$") {
		v, ok := r.values[text]
		if !ok {
			r.Fatalf("nothing gives %s", text)
		}
		return v
	}
	return embedded.ReplaceAllStringFunc(text, func(e string) string { return fmt.Sprint(r.value(strings.Trim(e, "{}"))) })
}

// seen evaluates an expression over an answer.
func (r *arazzoRun) seen(expression string, seen map[string]any) any {
	r.Helper()
	base, pointer, _ := strings.Cut(expression, "#")
	v, ok := seen[base]
	if !ok {
		r.Fatalf("nothing gives %s", expression)
	}
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		switch at := v.(type) {
		case map[string]any:
			if v, ok = at[part]; !ok && pointer != "" {
				r.Fatalf("the answer has no %s: %v", expression, seen[base])
			}
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil || i >= len(at) {
				r.Fatalf("the answer has no %s: %v", expression, seen[base])
			}
			v = at[i]
		}
	}
	return v
}

// failed is the first condition that does not hold, "" where all do.
func (r *arazzoRun) failed(conditions []criterion, seen map[string]any) string {
	r.Helper()
	for _, c := range conditions {
		left, right, ok := strings.Cut(c.Condition, " == ")
		if !ok {
			r.Fatalf("the condition %q is of no known form", c.Condition)
		}
		want := strings.Trim(right, "'")
		if got := r.seen(left, seen); fmt.Sprint(got) != want {
			return fmt.Sprintf("%s (it is %v)", c.Condition, got)
		}
	}
	return ""
}

// TestArazzoJourney walks the published journeys step by step, from register to a repaid loan: nothing but what they say is sent, and
// what people do between them is done as people do it.
func TestArazzoJourney(t *testing.T) {
	w := newWorld(t, testapp.Options{Env: []string{"CP_PAYOUT_HOLD=200ms", "CP_SIMULATOR_TRANSFER_TIME=300ms"}})
	r := readArazzo(t)
	var err error
	if r.client, err = journey.NewClient(w.app.BaseURL, io.Discard); err != nil {
		t.Fatal(err)
	}
	selfie, err := journey.Photo(720, 960, 1)
	if err != nil {
		t.Fatal(err)
	}
	mobile := newMobile()
	ran := map[string]bool{}
	run := func(id string, inputs map[string]any) map[string]any {
		for _, wf := range r.doc.Workflows {
			for _, before := range wf.DependsOn {
				if wf.ID == id && !ran[before] {
					t.Fatalf("%s comes before %s", id, before)
				}
			}
		}
		ran[id] = true
		return r.run(id, inputs)
	}

	run("requestCode", map[string]any{"mobile": mobile})
	w.eventually(15*time.Second, "a text message", func() bool { return len(w.codes(mobile)) > 0 })
	session := run("register", map[string]any{"mobile": mobile, "code": w.codes(mobile)[0], "password": "blue-mango-7421"})
	token := session["token"]
	card := run("completeProfile", map[string]any{"token": token, "firstName": "TEST", "lastName": "BORROWER", "bvn": "22" + digits(9), "account": digits(8) + "01"})
	if err := r.client.Pay(t.Context(), card["page"].(string), "4084"); err != nil {
		t.Fatal(err)
	}
	run("bindCard", map[string]any{"token": token, "reference": card["reference"]})
	loan := run("apply", map[string]any{"token": token, "selfie": selfie, "applyKey": "apply-" + mobile})
	due := run("repay", map[string]any{"token": token})
	if due["amount"] != loan["owed"] {
		t.Errorf("the page asks for %v of %v kobo", due["amount"], loan["owed"])
	}
	if err := r.client.Pay(t.Context(), due["page"].(string), "5395"); err != nil {
		t.Fatal(err)
	}
	paid := run("settled", map[string]any{"token": token})
	if paid["loanId"] != loan["loanId"] || paid["remaining"] != "0" {
		t.Errorf("the loan %v is settled with %v remaining, expected %v with 0", paid["loanId"], paid["remaining"], loan["loanId"])
	}
	for _, wf := range r.doc.Workflows {
		if !ran[wf.ID] {
			t.Errorf("the workflow %s was not walked", wf.ID)
		}
	}
	t.Logf("RESULT arazzo-journey workflows=%d requests=%d", len(ran), r.sent)
	noDifference(t, w.app)
}
