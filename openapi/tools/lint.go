package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Below these figures the step fails. Redocly's formula caps a contract that documents the errors of each operation with the places to
// correct: docs/contract.md has the figures of what was tried.
const (
	leastRedocly = 93.0
	leastIBM     = 70
)

// problem is a finding of Redocly.
type problem struct {
	RuleID, Severity, Message string
	Location                  []struct {
		Pointer string
		Source  struct{ Ref string }
	}
}

// figures are the scores of one document, ours or another's.
type figures struct {
	API     string   `json:"api"`
	Redocly float64  `json:"redocly"`
	IBM     *float64 `json:"ibm"`
}

func lint(ctx context.Context, c *checkout, _ []string) error {
	found, err := c.redoclyLint(ctx, c.path("openapi", "tools"), "whole", "mobile", "ops", "journeys")
	if err != nil {
		return err
	}
	for _, p := range found {
		fmt.Println(p)
	}
	planted, err := c.plantedLint(ctx)
	if err != nil {
		return err
	}
	ours, err := c.allScores(ctx)
	if err != nil {
		return err
	}
	var others []figures
	raw, err := os.ReadFile(c.path("openapi", "tools", "anchors.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &others); err != nil {
		return err
	}
	fmt.Printf("%-24s %8s %5s\n", "scores, of 100", "Redocly", "IBM")
	for _, f := range append(ours, others...) {
		ibm := "-"
		if f.IBM != nil {
			ibm = fmt.Sprintf("%.0f", *f.IBM)
		}
		fmt.Printf("%-24s %8.1f %5s\n", f.API, f.Redocly, ibm)
	}
	var refused []string
	for _, status := range []string{"401", "429", "500"} {
		share, err := c.documented(status)
		if err != nil {
			return err
		}
		refused = append(refused, fmt.Sprintf("%s on %.0f %%", status, share))
		if share < 100 {
			err = fmt.Errorf("%s is documented on %.1f %% of the operations", status, share)
			return err
		}
	}
	fmt.Println("documented:", strings.Join(refused, ", "), "of the operations")
	result("spec-lint", "problems", len(found), "rules_proved", planted, "redocly", ours[0].Redocly, "redocly_mobile", ours[1].Redocly, "redocly_ops", ours[2].Redocly,
		"ibm", *ours[0].IBM, "ibm_mobile", *ours[1].IBM, "ibm_ops", *ours[2].IBM)
	if len(found) > 0 {
		return fmt.Errorf("%d problems", len(found))
	}
	for _, f := range ours[:2] {
		if f.Redocly < leastRedocly || *f.IBM < leastIBM {
			return fmt.Errorf("%s scores %.1f and %.0f, at least %.1f and %d are wanted", f.API, f.Redocly, *f.IBM, leastRedocly, leastIBM)
		}
	}
	return nil
}

// redoclyLint lists what Redocly finds in documents, with the configuration in dir.
func (c *checkout) redoclyLint(ctx context.Context, dir string, apis ...string) ([]string, error) {
	args := append([]string{"lint", "--format=json", "--max-problems=10000"}, apis...)
	raw, runErr := command{dir: dir, quiet: true}.output(ctx, c.tool("redocly"), args...)
	var found []string
	documents := 0
	for dec := json.NewDecoder(bytes.NewReader(raw)); ; documents++ {
		var report struct{ Problems []problem }
		if err := dec.Decode(&report); err != nil {
			break
		}
		for _, p := range report.Problems {
			found = append(found, fmt.Sprintf("%s %s: %s (%s)", p.Severity, p.RuleID, p.Message, p.Location[0].Pointer))
		}
	}
	if documents != len(apis) || (runErr != nil && len(found) == 0) {
		return nil, fmt.Errorf("redocly reported on %d of %d documents: %w\n%s", documents, len(apis), runErr, tail(raw))
	}
	return found, nil
}

// allScores measures our three documents, on all cores: each tool takes its time.
func (c *checkout) allScores(ctx context.Context) ([]figures, error) {
	ours := []figures{{API: "creditpocket"}, {API: "creditpocket-mobile"}, {API: "creditpocket-ops"}}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for i := range ours {
		f := &ours[i]
		g.Go(func() (err error) { f.IBM, err = c.ibmScore(ctx, f.API); return err })
		g.Go(func() (err error) { f.Redocly, err = c.redoclyScore(ctx, f.API); return err })
	}
	return ours, g.Wait()
}

func (c *checkout) redoclyScore(ctx context.Context, name string) (float64, error) {
	raw, err := command{}.output(ctx, c.tool("redocly"), "score", "--format=json", c.dist(name+".yaml"))
	if err != nil {
		return 0, err
	}
	var score struct{ AgentReadiness float64 }
	if err := json.Unmarshal(raw, &score); err != nil || score.AgentReadiness == 0 {
		return 0, fmt.Errorf("redocly gave %s no score: %w", name, err)
	}
	return score.AgentReadiness, nil
}

// ibmScore is the overall impact score. The tool exits with 1 where it has anything to say, and it always has: names here are older than
// its rules.
func (c *checkout) ibmScore(ctx context.Context, name string) (*float64, error) {
	raw, runErr := command{quiet: true}.output(ctx, c.tool("lint-openapi"), "--impact-score", "--json", "--file-only-refs", c.dist(name+".yaml"))
	var report struct {
		ImpactScore struct {
			CategorizedSummary struct{ Overall *float64 }
		}
	}
	if err := json.Unmarshal(raw, &report); err != nil || report.ImpactScore.CategorizedSummary.Overall == nil {
		return nil, fmt.Errorf("ibm-openapi-validator gave %s no score: %w", name, errors.Join(runErr, err))
	}
	return report.ImpactScore.CategorizedSummary.Overall, nil
}

// documented is the share of the operations of both contracts that declare a status, in percent.
func (c *checkout) documented(status string) (float64, error) {
	all, with := 0, 0
	for _, name := range documents {
		raw, err := os.ReadFile(c.dist(name + ".json"))
		if err != nil {
			return 0, err
		}
		var doc struct {
			Paths map[string]map[string]struct{ Responses map[string]any }
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			return 0, err
		}
		for _, item := range doc.Paths {
			for _, o := range item {
				all++
				if o.Responses[status] != nil {
					with++
				}
			}
		}
	}
	return 100 * float64(with) / float64(all), nil
}
