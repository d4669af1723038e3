package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
)

// notForSpecmatic are operations that end the session which the run is in.
var notForSpecmatic = []string{"logout", "postLogout", "revokeSession", "refreshSession", "changePassword", "eraseUser"}

// fewestSpecmatic is how many operations must have answered with a success, which Specmatic has then seen whole.
const fewestSpecmatic = 30

// specmatic lets Specmatic make requests out of the contract, right and wrong ones, for a live server, in the session of a borrower whose loan is repaid.
// Specmatic expects a success of whatever fits the schema. The server may refuse that for reasons no schema tells (an unknown number, a wrong
// code), so a refusal with a status that the operation declares is counted and is no failure. Everything else is.
func specmatic(ctx context.Context, c *checkout, _ []string) error {
	server, err := c.startServer(ctx, true)
	if err != nil {
		return err
	}
	defer server.stop()
	dir, err := os.MkdirTemp("", "creditpocket-specmatic-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	token, err := server.login(ctx)
	if err != nil {
		return err
	}
	declared, err := c.forSpecmatic(filepath.Join(dir, "contract.json"), "")
	if err != nil {
		return err
	}
	began := time.Now()
	seen, err := c.runSpecmatic(ctx, dir, "contract.json", server.base, token, declared)
	if err != nil {
		return err
	}
	spoilt, err := c.plantedSpecmatic(ctx, dir, server.base, token)
	if err != nil {
		return err
	}
	for _, f := range seen.failures[:min(len(seen.failures), 20)] {
		fmt.Println(f)
	}
	never := slices.Collect(maps.Keys(declared))
	never = slices.DeleteFunc(never, func(op string) bool { return seen.succeeded[op] })
	slices.Sort(never)
	fmt.Printf("no success seen of: %s\n", strings.Join(never, ", "))
	result("contract-specmatic", "operations", len(declared), "succeeded", len(seen.succeeded), "tests", seen.tests, "passed", seen.passed, "refused_as_declared", seen.refused,
		"wrong_only_by_name", seen.wrongByName, "failed", len(seen.failures), "planted_caught", spoilt, "seconds", int(time.Since(began).Seconds()))
	if len(seen.failures) > 0 {
		return fmt.Errorf("%d answers are not what the contract says", len(seen.failures))
	}
	if len(seen.succeeded) < fewestSpecmatic || seen.tests < 10*len(declared) {
		return fmt.Errorf("too little was seen: %d operations succeeded, %d are wanted; %d tests", len(seen.succeeded), fewestSpecmatic, seen.tests)
	}
	return nil
}

// runSpecmatic lets Specmatic test a server against a contract in dir. The token goes in by the name of its security scheme. Specmatic exits with 1
// where anything was refused; the report tells.
func (c *checkout) runSpecmatic(ctx context.Context, dir, contract, base, token string, declared map[string][]string) (specmaticRun, error) {
	reports := strings.TrimSuffix(contract, ".json") + "-report"
	_, runErr := command{dir: dir, quiet: true, env: []string{"session=" + token}}.output(ctx, "java", "-Xmx1g",
		"-DMAX_TEST_REQUEST_COMBINATIONS=6", "-DSPECMATIC_GENERATIVE_TESTS=true",
		"-jar", c.path("openapi", "tools", "node_modules", "specmatic", "specmatic.jar"), "test",
		"--testBaseURL="+base, "--junitReportDir="+reports, "--timeout=60", contract)
	raw, err := os.ReadFile(filepath.Join(dir, reports, "TEST-junit-jupiter.xml"))
	if err != nil {
		return specmaticRun{}, fmt.Errorf("specmatic reported nothing: %w", errors.Join(runErr, err))
	}
	return readSpecmatic(raw, declared)
}

// plantedOperation is what Specmatic is shown spoilt answers of: it takes no input, so a success is certain.
const plantedOperation = "getInfoStatus"

// plantedSpecmatic shows that Specmatic catches an answer that breaks the contract: a proxy before the server turns a number into a text, or takes a
// field away. It returns how many of these faults were caught, and an error if one was not, or if the same proxy is blamed without a fault.
func (c *checkout) plantedSpecmatic(ctx context.Context, dir, base, token string) (int, error) {
	declared, err := c.forSpecmatic(filepath.Join(dir, "one.json"), plantedOperation)
	if err != nil {
		return 0, err
	}
	target, err := url.Parse(base)
	if err != nil {
		return 0, err
	}
	faults := []struct {
		name     string
		old, new string
	}{{"none", "", ""}, {"wrong type", `"code":1,`, `"code":"one",`}, {"missing field", `"code":1,`, ``}}
	caught := 0
	for _, f := range faults {
		proxy := httputil.NewSingleHostReverseProxy(target)
		proxy.ModifyResponse = func(r *http.Response) error {
			raw, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			if f.old != "" && r.StatusCode == http.StatusOK && !bytes.Contains(raw, []byte(f.old)) {
				return fmt.Errorf("there is no %s to spoil", f.old)
			}
			raw = bytes.Replace(raw, []byte(f.old), []byte(f.new), 1)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
			r.Header.Set("Content-Length", strconv.Itoa(len(raw)))
			return nil
		}
		spoiling := httptest.NewServer(proxy)
		seen, err := c.runSpecmatic(ctx, dir, "one.json", spoiling.URL, token, declared)
		spoiling.Close()
		switch {
		case err != nil:
			return caught, err
		case f.old == "" && (len(seen.failures) > 0 || len(seen.succeeded) != 1):
			return caught, fmt.Errorf("specmatic blames a proxy that changes nothing: %v", seen.failures)
		case f.old == "":
			continue
		case len(seen.failures) == 0:
			return caught, fmt.Errorf("specmatic did not catch the planted fault %q", f.name)
		}
		fmt.Printf("planted fault %q: caught by Specmatic\n", f.name)
		caught++
	}
	return caught, nil
}

// forSpecmatic writes the document cut down to what Specmatic can express, or to one operation of it, and returns the statuses of each operation in it, by method and path. Out go:
// uploads and files, which it mis-sends; the gateway's operation, as it cannot sign; the brand, which it would invent; two patterns of headers that its
// generator refuses.
func (c *checkout) forSpecmatic(file, only string) (map[string][]string, error) {
	raw, err := os.ReadFile(c.dist("creditpocket.json"))
	if err != nil {
		return nil, err
	}
	var doc object
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	for _, name := range []string{"RateLimit", "RateLimitPolicy"} {
		delete(at(doc, "components", "headers", name, "schema"), "pattern")
	}
	for _, name := range []string{"appCode", "gatewaySignature"} {
		delete(at(doc, "components", "securitySchemes"), name)
	}
	declared := map[string][]string{}
	for path, item := range at(doc, "paths") {
		for method, o := range item.(object) {
			op := o.(object)
			body := at(op, "requestBody", "content")
			answer := at(op, "responses", "200", "content")
			secured := op["security"].([]any)
			first := secured[len(secured)-1].(object) // the strongest alternative is the last
			switch {
			case body != nil && body["application/json"] == nil, answer["application/json"] == nil, first["gatewaySignature"] != nil,
				slices.Contains(notForSpecmatic, op["operationId"].(string)), only != "" && op["operationId"] != only:
				delete(item.(object), method)
				continue
			case first["session"] == nil:
				op["security"] = []any{}
			default:
				op["security"] = []any{first}
			}
			declared[strings.ToUpper(method)+" "+path] = slices.Sorted(maps.Keys(at(op, "responses")))
		}
		if len(item.(object)) == 0 {
			delete(at(doc, "paths"), path)
		}
	}
	if raw, err = json.Marshal(doc); err != nil {
		return nil, err
	}
	return declared, os.WriteFile(file, raw, 0o600)
}

// specmaticRun is what a report says.
type specmaticRun struct {
	tests, passed, refused int
	wrongByName            int             // requests called wrong that were accepted and may well have been right, see stillFits
	succeeded              map[string]bool // operations that answered with a success
	failures               []string
}

var (
	specmaticCase   = regexp.MustCompile(`Scenario: ([A-Z]+ /\S*) -> (\S+)`)
	specmaticStatus = regexp.MustCompile(`expected (?:status )?(\S+).* but (?:the )?response contained status (\d{3})`)
	specmaticWrong  = regexp.MustCompile(`a value matching an invalid regex '\^(.*)_\$'`)

	specmaticAccepted = regexp.MustCompile(`Expected 4xx status, but received 200`)
)

// stillFits tells whether a value that Specmatic takes for wrong can be right. It makes a wrong value out of a pattern with a _ put behind it, which
// fits the pattern itself where that allows one more character and _ among them.
func stillFits(pattern string) bool {
	whole, err := syntax.Parse("^(?:"+pattern+")$", syntax.Perl)
	if err != nil {
		return false
	}
	re, err := regexp.Compile(whole.String())
	return err == nil && slices.ContainsFunc(samples(whole), func(text string) bool { return re.MatchString(text + "_") })
}

// mostSamples bounds how many texts of one expression are tried.
const mostSamples = 256

// samples are texts that fit an expression without look-around, which RE2 has none of: each alternative, and what may be there or repeated both
// as seldom as it can be and once more.
func samples(re *syntax.Regexp) []string {
	again := func(sub *syntax.Regexp, least, most int) (all []string) {
		for _, text := range samples(sub) {
			for n := least; n <= most; n++ {
				all = append(all, strings.Repeat(text, n))
			}
		}
		return all
	}
	all := []string{""}
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		return []string{string(re.Rune[0])}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"a"}
	case syntax.OpCapture:
		return samples(re.Sub[0])
	case syntax.OpQuest, syntax.OpStar:
		return again(re.Sub[0], 0, 1)
	case syntax.OpPlus:
		return again(re.Sub[0], 1, 2)
	case syntax.OpRepeat:
		most := re.Min + 1
		if re.Max >= 0 {
			most = min(most, re.Max)
		}
		return again(re.Sub[0], re.Min, most)
	case syntax.OpAlternate:
		all = nil
		for _, sub := range re.Sub {
			all = append(all, samples(sub)...)
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			var longer []string
			for _, text := range all {
				for _, end := range samples(sub) {
					longer = append(longer, text+end)
				}
			}
			slices.Sort(longer)
			longer = slices.Compact(longer)
			all = longer[:min(len(longer), mostSamples)]
		}
	}
	return all
}

func readSpecmatic(raw []byte, declared map[string][]string) (specmaticRun, error) {
	run := specmaticRun{succeeded: map[string]bool{}}
	var report struct {
		Cases []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Error *struct {
				Message string `xml:"message,attr"`
			} `xml:"error"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal(raw, &report); err != nil {
		return run, err
	}
	for _, k := range report.Cases {
		m := specmaticCase.FindStringSubmatch(k.Name)
		if m == nil {
			run.failures = append(run.failures, "of no known form: "+k.Name)
			continue
		}
		run.tests++
		message := ""
		switch {
		case k.Failure != nil:
			message = k.Failure.Message
		case k.Error != nil:
			message = k.Error.Message
		default:
			run.passed++
			if m[2] == "200" {
				run.succeeded[m[1]] = true
			}
			continue
		}
		status := specmaticStatus.FindStringSubmatch(message)
		code := 0
		if status != nil {
			code, _ = strconv.Atoi(status[2])
		}
		if m[2] == "200" && strings.Count(message, ">> ") == 1 && code >= 400 && code < 500 && slices.Contains(declared[m[1]], status[2]) {
			run.refused++
			continue
		}
		if wrong := specmaticWrong.FindStringSubmatch(k.Name); wrong != nil && strings.Count(message, ">> ") == 1 && specmaticAccepted.MatchString(message) && stillFits(wrong[1]) {
			run.wrongByName++
			continue
		}
		run.failures = append(run.failures, k.Name+"\n"+message)
	}
	return run, nil
}

// login opens a session of the borrower.
func (l *live) login(ctx context.Context) (string, error) {
	body, err := json.Marshal(map[string]string{"mobile": l.mobile, "password": l.password})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.base+"/user/login", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	var answer struct{ Data struct{ Token string } }
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Data.Token == "" {
		return "", fmt.Errorf("the login gave no session: %d %s", resp.StatusCode, tail(raw))
	}
	return answer.Data.Token, nil
}
