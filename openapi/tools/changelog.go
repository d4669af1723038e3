package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// changelog lists what has changed from one document to another for people: one line for each kind of change, with the operations it is
// about. oasdiff's own list has a line for each status of each operation.
func (c *checkout) changelog(ctx context.Context, base, revision string, allowed permissions) (string, error) {
	raw, err := c.oasdiff(ctx, "changelog", "--flatten-allof", "--format", "json", base, revision)
	if err != nil {
		return "", err
	}
	var found []change
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &found); err != nil {
			return "", err
		}
	}
	return listed(found, allowed), nil
}

var (
	quoted   = regexp.MustCompile("`[^`]+`")
	ofStatus = regexp.MustCompile(" (?:for|to the response with) the (?:response )?(?:status )?`([0-9]{3})`(?: status)?$")
)

// listed is the list: breaks first, then new operations, then the rest. What this contract has never promised to keep is summed up: it grows with the catalog of errors.
func listed(found []change, allowed permissions) string {
	type line struct {
		text       string
		level      int
		rank       int // 0 of new operations
		operations []string
		statuses   map[string][]string
	}
	var lines []*line
	var grown []string
	for _, f := range found {
		switch {
		case f.ID == "api-major-version-not-bumped": // it counts what is summed up here as breaks
			continue
		case slices.ContainsFunc(allowed.Always, func(i intended) bool { return i.covers(f) }):
			if value := quoted.FindString(f.Text); !slices.Contains(grown, value) {
				grown = append(grown, value)
			}
			continue
		}
		text, status := f.Text, ""
		if m := ofStatus.FindStringSubmatch(text); m != nil {
			text, status = strings.TrimSuffix(text, m[0]), m[1]
		}
		i := slices.IndexFunc(lines, func(l *line) bool { return l.text == text })
		if i < 0 {
			i, lines = len(lines), append(lines, &line{text: text, level: f.Level, rank: 1, statuses: map[string][]string{}})
			if f.ID == "endpoint-added" {
				lines[i].rank = 0
			}
		}
		operation := strings.TrimSpace(f.Operation + " " + f.Path)
		if l := lines[i]; !slices.Contains(l.operations, operation) {
			l.operations = append(l.operations, operation)
		}
		if status != "" {
			lines[i].statuses[operation] = append(lines[i].statuses[operation], status)
		}
	}
	slices.SortStableFunc(lines, func(a, b *line) int { return cmp.Or(cmp.Compare(b.level, a.level), cmp.Compare(a.rank, b.rank)) })
	var b strings.Builder
	for _, l := range lines {
		var where []string
		for _, operation := range l.operations {
			at := "`" + operation + "`"
			if statuses := l.statuses[operation]; len(statuses) > 0 {
				at += " (" + strings.Join(statuses, ", ") + ")"
			}
			where = append(where, at)
		}
		mark := ""
		if l.level > 1 {
			mark = ":warning: "
		}
		fmt.Fprintf(&b, "- %s%s: %s\n", mark, l.text, strings.Join(where, ", "))
	}
	if len(grown) > 0 {
		slices.Sort(grown)
		fmt.Fprintf(&b, "- an error may have a new reason: %s\n", strings.Join(grown, ", "))
	}
	if b.Len() == 0 {
		return "No changes.\n"
	}
	return b.String()
}
