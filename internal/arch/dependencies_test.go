package arch

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// goModule is what go list says of a module.
type goModule struct {
	Path     string
	Version  string
	Dir      string
	Indirect bool
	Main     bool
	Time     time.Time
}

func modules(t *testing.T) (all []goModule) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-json", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var m goModule
		err := dec.Decode(&m)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
}

// explained are the lines of docs/dependencies.md, by module.
func explained(t *testing.T) map[string][]string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		if cells := strings.Split(line, "|"); len(cells) == 6 && strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			lines[strings.Trim(strings.TrimSpace(cells[1]), "`")] = cells
		}
	}
	return lines
}

// TestDependenciesAreExplained holds docs/dependencies.md to go.mod: a line for each direct module, with the date of the version in use.
func TestDependenciesAreExplained(t *testing.T) {
	lines := explained(t)
	direct := 0
	for _, m := range modules(t) {
		if m.Main || m.Indirect {
			continue
		}
		direct++
		cells := lines[m.Path]
		delete(lines, m.Path)
		switch {
		case cells == nil:
			t.Errorf("%s is not in docs/dependencies.md: why is it there, and what was looked at?", m.Path)
		case !m.Time.IsZero() && strings.TrimSpace(cells[2]) != m.Time.Format(time.DateOnly):
			t.Errorf("%s: docs/dependencies.md says it was released %s, %s was on %s", m.Path, strings.TrimSpace(cells[2]), m.Version, m.Time.Format(time.DateOnly))
		case len(strings.TrimSpace(cells[4])) < 5:
			t.Errorf("%s: docs/dependencies.md does not say why it is there", m.Path)
		}
	}
	for path := range lines {
		t.Errorf("docs/dependencies.md has %s, which go.mod does not name directly", path)
	}
	if direct < 20 {
		t.Errorf("only %d direct modules were found", direct)
	}
}

// licences are those that a module of ours may have, with words by which the text of each is known. Licences that hold others' words come first.
var licences = []struct{ name, words string }{
	{"Apache-2.0", "Apache License"},
	{"MPL-2.0", "Mozilla Public License"},
	{"BSD-3-Clause", "Neither the name of"},
	{"BSD-3-Clause", "names of its contributors may not be used"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"MIT", "MIT License"},
	{"ISC", "Permission to use, copy, modify, and"},
}

// TestLicencesAreKnown reads the licence of every module whose code is on this machine: one that cannot be read, or asks for more than to be
// named, is not for a binary of ours. docs/dependencies.md says of each direct module what its licence says.
func TestLicencesAreKnown(t *testing.T) {
	table, count := explained(t), map[string]int{}
	for _, m := range modules(t) {
		if m.Main || m.Dir == "" {
			continue
		}
		known := licencesOf(m.Dir)
		if len(known) == 0 {
			t.Errorf("%s has no licence that is known", m.Path)
			continue
		}
		count[known[0]]++
		if cells := table[m.Path]; !m.Indirect && cells != nil && !slices.Contains(known, strings.TrimSpace(cells[3])) {
			t.Errorf("%s: docs/dependencies.md says %s, its licence says %v", m.Path, strings.TrimSpace(cells[3]), known)
		}
	}
	read := 0
	for _, n := range count {
		read += n
	}
	t.Logf("licences: %v", count)
	if read < 40 {
		t.Errorf("the licences of only %d modules were read", read)
	}
}

// TestTheSDKHasNoDependencies holds the SDK's module to the standard library, as docs/dependencies.md says.
func TestTheSDKHasNoDependencies(t *testing.T) {
	raw, err := os.ReadFile("../../client/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "require") {
		t.Error("client/go.mod requires modules")
	}
}

// licencesOf are the licences in a module's folder.
func licencesOf(dir string) (known []string) {
	for _, pattern := range []string{"LICEN[CS]E*", "licen[cs]e*", "COPYING*", "License*"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			for _, l := range licences {
				if strings.Contains(string(raw), l.words) {
					known = append(known, l.name)
					break
				}
			}
		}
	}
	return known
}
