package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tokenWriters are the operations whose scripts in the Postman collection write the session token into the variable `token`.
var tokenWriters = []string{"register", "login", "refreshSession"}

// postman runs the generated collection with the engine of Postman's app: every request and the request of every saved answer against
// `creditpocket mock`, which gives what is saved, and a session's life against a whole server, where every script must keep the token.
func postman(ctx context.Context, c *checkout, _ []string) error {
	dir, err := os.MkdirTemp("", "creditpocket-postman-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := &postmanRun{checkout: c, dir: dir, photo: filepath.Join(dir, "selfie.jpg")}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 320, 240)), nil); err != nil {
		return err
	}
	if err := os.WriteFile(p.photo, photo.Bytes(), 0o600); err != nil {
		return err
	}
	if p.mock, err = c.startMock(ctx); err != nil {
		return err
	}
	defer p.mock.stop()
	if p.server, err = c.startServer(ctx, false); err != nil {
		return err
	}
	defer p.server.stop()
	began := time.Now()
	book, err := c.postmanCollection()
	if err != nil {
		return err
	}
	requests, saved, wrong, err := p.examples(ctx, book)
	if err != nil {
		return err
	}
	walked, strayed, err := p.session(ctx, book)
	if err != nil {
		return err
	}
	wrong = append(wrong, strayed...)
	planted, err := p.planted(ctx)
	if err != nil {
		return err
	}
	for _, w := range wrong[:min(len(wrong), 20)] {
		fmt.Println(w)
	}
	result("contract-postman", "requests", requests, "saved", saved, "live", walked, "wrong", len(wrong), "planted_caught", planted, "seconds", int(time.Since(began).Seconds()))
	if len(wrong) > 0 {
		return fmt.Errorf("%d answers are not as the collection says", len(wrong))
	}
	return nil
}

// postmanRun is where collections are run.
type postmanRun struct {
	*checkout
	dir, photo   string
	mock, server *live
	runs         int
}

// postmanAnswer is what postman.mjs tells of one request.
type postmanAnswer struct {
	Folder, Name, Asked string
	Status              int
	Type, Body          string
	Token               string // the variable, after the request's scripts
	Faults              []string
}

// send runs a collection. Who uses it names the server, and chooses the photographs.
func (p *postmanRun) send(ctx context.Context, base string, book object) ([]postmanAnswer, error) {
	for _, v := range book["variable"].([]any) {
		switch v := v.(object); v["key"] {
		case "baseUrl":
			v["value"] = base
		case "gatewaySignature":
			v["value"] = "c0ffee"
		}
	}
	for _, e := range entries(book) {
		form, _ := at(e.item, "request", "body")["formdata"].([]any)
		for _, f := range form {
			if f := f.(object); f["type"] == "file" {
				f["src"] = p.photo
			}
		}
	}
	raw, err := json.Marshal(book)
	if err != nil {
		return nil, err
	}
	p.runs++
	file := filepath.Join(p.dir, strconv.Itoa(p.runs)+".json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return nil, err
	}
	out, err := command{}.output(ctx, "node", p.path("openapi", "tools", "postman.mjs"), file)
	if err != nil {
		return nil, err
	}
	var answers []postmanAnswer
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var a postmanAnswer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return nil, fmt.Errorf("postman.mjs said %q: %w", tail(lines.Bytes()), err)
		}
		answers = append(answers, a)
	}
	if asked := len(entries(book)); lines.Err() != nil || len(answers) != asked {
		return nil, fmt.Errorf("%d of %d requests were answered: %w", len(answers), asked, lines.Err())
	}
	return answers, nil
}

// examples sends every request, and then the request of every saved answer, and says which answers are not what is saved.
func (p *postmanRun) examples(ctx context.Context, book object) (requests, saved int, wrong []string, err error) {
	var want []object
	first, second := copied(book), copied(book)
	for _, e := range entries(first) {
		want = append(want, answersOf(e.item)[0])
	}
	requests = len(want)
	for _, folder := range second["item"].([]any) {
		folder := folder.(object)
		var asked []any
		for _, item := range folder["item"].([]any) {
			for _, answer := range answersOf(item.(object)) {
				asked = append(asked, object{"name": fmt.Sprint(item.(object)["name"], ", ", answer["name"]), "request": answer["originalRequest"]})
				want = append(want, answer)
			}
		}
		folder["item"] = asked
	}
	saved = len(want) - requests
	answers, err := p.send(ctx, p.mock.base, first)
	if err != nil {
		return 0, 0, nil, err
	}
	for _, v := range second["variable"].([]any) { // the second run begins where the first one ended
		if v := v.(object); v["key"] == "token" {
			v["value"] = answers[len(answers)-1].Token
		}
	}
	again, err := p.send(ctx, p.mock.base, second)
	if err != nil {
		return 0, 0, nil, err
	}
	for i, a := range append(answers, again...) {
		if why := a.differs(want[i]); why != "" {
			wrong = append(wrong, fmt.Sprintf("%s, %s: %s", a.Folder, a.Name, why))
		}
	}
	return requests, saved, wrong, nil
}

// differs says why an answer is not the saved one; "" where it is.
func (a postmanAnswer) differs(saved object) string {
	kind := ""
	for _, h := range saved["header"].([]any) {
		if h := h.(object); h["key"] == "Content-Type" {
			kind = h["value"].(string)
		}
	}
	switch body := saved["body"].(string); {
	case len(a.Faults) > 0:
		return strings.Join(a.Faults, "; ")
	case float64(a.Status) != saved["code"].(float64) || a.Type != kind:
		return fmt.Sprintf("%d %s, not the saved %v %s: %s", a.Status, a.Type, saved["code"], kind, tail([]byte(a.Body)))
	case body != "" && !sameJSON(a.Body, body):
		return "not what is saved: " + a.Body
	case a.Body == "":
		return "nothing was answered"
	}
	return ""
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// session registers, logs in, changes the token and logs out at a whole server, and lists the sessions after each: the variable `token`, which
// only the scripts write, is the session that each of them answered.
func (p *postmanRun) session(ctx context.Context, book object) (requests int, wrong []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	mobile := newMobile()
	ask, err := pick(book, "sendCode")
	if err != nil {
		return 0, nil, err
	}
	if err := entries(ask)[0].typeIn(object{"mobile": mobile}); err != nil {
		return 0, nil, err
	}
	sent, err := p.send(ctx, p.server.base, ask)
	if err != nil {
		return 0, nil, err
	}
	if sent[0].Status != 200 {
		return 0, nil, fmt.Errorf("no code was sent: %d %s", sent[0].Status, sent[0].Body)
	}
	code, err := p.server.code(ctx, mobile)
	if err != nil {
		return 0, nil, err
	}
	walk, err := pick(book, "register", "listSessions", "login", "listSessions", "refreshSession", "listSessions", "postLogout", "listSessions")
	if err != nil {
		return 0, nil, err
	}
	steps := entries(walk)
	for _, e := range steps {
		values := map[string]object{"register": {"mobile": mobile, "code": code, "inviteCode": ""}, "login": {"mobile": mobile}}[e.operation]
		if values == nil {
			continue
		}
		if err := e.typeIn(values); err != nil {
			return 0, nil, err
		}
	}
	answers, err := p.send(ctx, p.server.base, walk)
	if err != nil {
		return 0, nil, err
	}
	before := ""
	for i, a := range answers {
		expected := 200
		if i == len(answers)-1 { // after the logout
			expected = 401
		}
		var said struct{ Data struct{ Token string } }
		_ = json.Unmarshal([]byte(a.Body), &said)
		operation, why := steps[i].operation, ""
		switch {
		case len(a.Faults) > 0:
			why = strings.Join(a.Faults, "; ")
		case a.Status != expected:
			why = fmt.Sprintf("%d, not %d: %s", a.Status, expected, tail([]byte(a.Body)))
		case slices.Contains(tokenWriters, operation) && (said.Data.Token == "" || a.Token != said.Data.Token || a.Token == before):
			why = "its script did not keep the token that was answered"
		}
		if why != "" {
			wrong = append(wrong, fmt.Sprintf("live, %s: %s", operation, why))
		}
		before = a.Token
	}
	return len(sent) + len(answers), wrong, nil
}

// planted proves that each kind of mistake in the collection is found, and returns how many were tried.
func (p *postmanRun) planted(ctx context.Context) (caught int, err error) {
	book, err := p.postmanCollection()
	if err != nil {
		return 0, err
	}
	plants := map[string]func(item object){
		"login":           func(item object) { setScript(item, "pm.response.jason();") },
		"getCreditInfo":   func(item object) { at(item, "request")["auth"] = object{"type": "noauth"} },
		"getUserSetting":  func(item object) { answersOf(item)[0]["code"] = 201.0 },
		"getSupportEmail": func(item object) { answersOf(item)[0]["body"] = `{"code": 1}` },
		"getImage":        func(item object) { at(item, "request", "url")["variable"] = []any{} },
		"saveWorkInfo":    func(item object) { at(item, "request", "body")["raw"] = `{"companyName": 1}` },
		"getLoanProduct":  func(item object) { at(item, "request", "url")["query"] = []any{} },
	}
	var spoilt []string
	for _, e := range entries(book) {
		if plant, ok := plants[e.operation]; ok {
			plant(e.item)
			spoilt = append(spoilt, fmt.Sprintf("%s, %s:", e.folder, e.item["name"]))
		}
	}
	if len(spoilt) != len(plants) {
		return 0, fmt.Errorf("%d of %d mistakes were planted", len(spoilt), len(plants))
	}
	_, _, wrong, err := p.examples(ctx, book)
	if err != nil {
		return 0, err
	}
	for _, name := range spoilt {
		if !slices.ContainsFunc(wrong, func(w string) bool { return strings.HasPrefix(w, name) }) {
			return 0, fmt.Errorf("the mistake planted into %s was not found", name)
		}
	}
	for _, operation := range tokenWriters {
		book, err := p.postmanCollection()
		if err != nil {
			return 0, err
		}
		for _, e := range entries(book) {
			if e.operation == operation {
				setScript(e.item, "pm.collectionVariables.set('tokn', pm.response.json().data.token);")
			}
		}
		_, wrong, err := p.session(ctx, book)
		if err != nil {
			return 0, err
		}
		if !slices.ContainsFunc(wrong, func(w string) bool { return strings.HasPrefix(w, "live, "+operation+": its script") }) {
			return 0, errors.New("the script of " + operation + " wrote another variable, and nobody saw it")
		}
	}
	return len(plants) + len(tokenWriters), nil
}
