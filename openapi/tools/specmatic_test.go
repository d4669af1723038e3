package main

import (
	"fmt"
	"testing"
)

// TestReadSpecmatic: a request that is wrong by its name only is no failure, one that is wrong by its pattern is, and so is an accepted one that lacks a field.
func TestReadSpecmatic(t *testing.T) {
	report := func(how, message string) []byte {
		return fmt.Appendf(nil, `<testsuite><testcase name="-ve  Scenario: POST /user/topic -&gt; 4xx with the request where REQUEST.BODY %s"><failure message="&gt;&gt; RESPONSE.STATUS %s"/></testcase></testsuite>`, how, message)
	}
	accepted, broken := "Expected 4xx status, but received 200", "Expected 4xx status, but received 500"
	matching := func(pattern string) string {
		return "contains the key topic set to a value matching an invalid regex '" + pattern + "'"
	}
	for name, k := range map[string]struct {
		raw    []byte
		byName int
	}{
		"one more character is allowed":    {report(matching("^[A-Za-z0-9_.~-]{1,64}_$"), accepted), 1},
		"it may follow an empty value":     {report(matching("^([a-z_]{2,4})?[a-z_]?_$"), accepted), 1},
		"an optional value of some length": {report(matching("^([a-z0-9_-]{16,50})?_$"), accepted), 1},
		"a part that may be left out":      {report(matching("^[0-9]{2}(-[a-z_]{1,3})?_$"), accepted), 1},
		"no more character is allowed":     {report(matching("^[A-Za-z0-9_-]{43}_$"), accepted), 0},
		"none of that kind is allowed":     {report(matching("^[a-z]{1,64}_$"), accepted), 0},
		"the server broke":                 {report(matching("^[A-Za-z0-9_.~-]{1,64}_$"), broken), 0},
		"a field is missing altogether":    {report("does not contain the mandatory key topic", accepted), 0},
		"an alternative that is shorter":   {report(matching("^(abc|[a-z_]{1,2})_$"), accepted), 1},
	} {
		run, err := readSpecmatic(k.raw, nil)
		if err != nil || run.tests != 1 || run.wrongByName != k.byName || len(run.failures) != 1-k.byName {
			t.Errorf("%s: %+v, %v", name, run, err)
		}
	}
}
