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

// TestDependenciesAreExplained holds docs/dependencies.md to go.mod: a line for each direct module, with the date of the version in use.
func TestDependenciesAreExplained(t *testing.T) {
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

// licences are words by which a licence is known that may be in a binary of ours.
var licences = []string{"Apache License", "Permission is hereby granted, free of charge", "Redistribution and use in source and binary forms", "Mozilla Public License",
	"Permission to use, copy, modify, and", "MIT License"}

// TestLicencesAreKnown reads the licence of every module whose code is on this machine: one that cannot be read, or asks for more than to be
// named, is not for a binary of ours.
func TestLicencesAreKnown(t *testing.T) {
	read := 0
	for _, m := range modules(t) {
		if m.Main || m.Dir == "" {
			continue
		}
		read++
		if !licensed(m.Dir) {
			t.Errorf("%s has no licence that is known", m.Path)
		}
	}
	if read < 40 {
		t.Errorf("the licences of only %d modules were read", read)
	}
}

// licensed looks for a licence in a module's folder, or where it is part of a larger one, in its parents.
func licensed(dir string) bool {
	for _, pattern := range []string{"LICEN[CS]E*", "licen[cs]e*", "COPYING*", "License*"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err == nil && slices.ContainsFunc(licences, func(words string) bool { return strings.Contains(string(raw), words) }) {
				return true
			}
		}
	}
	return false
}
