package main

import "testing"

// TestListed: a line for each kind of change, breaks first, then new operations, statuses and operations put together, and the reasons summed up.
func TestListed(t *testing.T) {
	found := []change{
		{ID: "response-header-added", Text: "the response header `x` was added for the status `404`", Operation: "GET", Path: "/c", Level: 1},
		{ID: "response-header-added", Text: "the response header `x` was added for the status `409`", Operation: "GET", Path: "/c", Level: 1},
		{ID: "response-required-property-added", Text: "added the required property `data/brand` to the response with the `200` status", Operation: "GET", Path: "/c", Level: 1},
		{ID: "request-property-pattern-changed", Text: "changed the pattern of the request property `p` from `a` to `b`", Operation: "POST", Path: "/d", Level: 2},
		{ID: "endpoint-added", Text: "endpoint added", Operation: "POST", Path: "/a", Level: 1},
		{ID: "endpoint-added", Text: "endpoint added", Operation: "GET", Path: "/b", Level: 1},
		{ID: "grows", Text: "added the new `Z` enum value to `data/reason` for the response status `400`", Operation: "GET", Path: "/c", Level: 3},
		{ID: "grows", Text: "added the new `Y` enum value to `data/reason` for the response status `400`", Operation: "GET", Path: "/c", Level: 3},
		{ID: "api-major-version-not-bumped", Text: "a breaking change was detected", Level: 1},
	}
	want := ":warning: changed the pattern of the request property `p` from `a` to `b`: `POST /d`\n" +
		"- endpoint added: `POST /a`, `GET /b`\n" +
		"- the response header `x` was added: `GET /c` (404, 409)\n" +
		"- added the required property `data/brand`: `GET /c` (200)\n" +
		"- an error may have a new reason: `Y`, `Z`\n"
	if got := listed(found, permissions{Always: []intended{{ID: "grows", Text: "`data/reason`"}}}); got != "- "+want {
		t.Errorf("%s\nnot\n- %s", got, want)
	}
	if got := listed(nil, permissions{}); got != "No changes.\n" {
		t.Error(got)
	}
}
