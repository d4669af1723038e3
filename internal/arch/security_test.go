package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	testName   = regexp.MustCompile(`\bTest[A-Z][A-Za-z0-9]+`)
	testFunc   = regexp.MustCompile(`(?m)^func (Test[A-Z][A-Za-z0-9]+)\(`)
	inTicks    = regexp.MustCompile("`([^`]+)`")
	makeTarget = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`)
)

// TestSecurityTableNamesWhatIsThere holds docs/security.md to the repository: a requirement that is "held by test" names a test, a package
// with tests or a target of make, every one that is named is there, and the sums above the table are the table's.
func TestSecurityTableNamesWhatIsThere(t *testing.T) {
	doc, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	known, tested := map[string]bool{}, map[string]bool{}
	for _, root := range []string{"../../internal", "../../server", "../../client", "../../bench"} {
		err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(path)
			for _, m := range testFunc.FindAllSubmatch(raw, -1) {
				known[string(m[1])] = true
			}
			dir, _ := filepath.Rel("../..", filepath.Dir(path))
			tested[filepath.ToSlash(dir)] = true
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	targets := map[string]bool{}
	for _, m := range makeTarget.FindAllSubmatch(makefile, -1) {
		targets[string(m[1])] = true
	}
	count := map[string]int{}
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "V") {
			continue
		}
		requirement, state, by := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), cells[3]
		count[state]++
		named := 0
		for _, name := range testName.FindAllString(by, -1) {
			if named++; !known[name] {
				t.Errorf("%s: there is no test %s", requirement, name)
			}
		}
		for _, m := range inTicks.FindAllStringSubmatch(by, -1) {
			target, isMake := strings.CutPrefix(m[1], "make ")
			switch {
			case isMake:
				if named++; !targets[strings.Fields(target)[0]] {
					t.Errorf("%s: there is no make %s", requirement, target)
				}
			case m[1] == "server" || strings.HasPrefix(m[1], "internal/") && !strings.HasSuffix(m[1], ".md"):
				if named++; !tested[m[1]] {
					t.Errorf("%s: there are no tests in %s", requirement, m[1])
				}
			}
		}
		if state == "test" && named == 0 {
			t.Errorf("%s is held by a test that has no name: %s", requirement, by)
		}
	}
	sums := regexp.MustCompile(`253 requirements: (\d+) held by tests, (\d+) by review, (\d+) not applicable, (\d+) named gaps`).FindSubmatch(doc)
	if sums == nil {
		t.Fatal("docs/security.md does not say how many requirements there are of each kind")
	}
	for i, state := range []string{"test", "review", "n/a", "gap"} {
		if want := string(sums[i+1]); want != strconv.Itoa(count[state]) {
			t.Errorf("docs/security.md says %s of %q, its table has %d", want, state, count[state])
		}
	}
}
