package app

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/population"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

func TestAPopulationLivesOnADevelopmentDeployment(t *testing.T) {
	environ, url := commandEnviron(t)
	var out bytes.Buffer
	plan := population.Plan{Borrowers: 40, Seed: 3}
	if err := SeedPopulation(t.Context(), environ, plan, 6, &out); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	for _, want := range []string{`RESULT seed-population borrowers=40 loans=40 seed=3 `, `RESULT population borrowers=40 .* days=6 .* differences=0 seed=3 `} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("%s is not in %s", want, out.String())
		}
	}
	st := testkit.OpenStore(t, url, testkit.Keys(t), clock.System{})
	if ahead, err := st.BusinessClock(t.Context()); err != nil || ahead < 5*24*time.Hour || ahead > 7*24*time.Hour {
		t.Errorf("the business clock is %s ahead, %v", ahead, err)
	}
	out.Reset()
	if err := Verify(t.Context(), environ, &out); err != nil || !strings.Contains(out.String(), " differences=0 ") {
		t.Errorf("%v: %s", err, out.String())
	}
	if err := SeedPopulation(t.Context(), environ, plan, 6, &out); err == nil || !strings.Contains(err.Error(), "without loans") {
		t.Errorf("a second population that lives: %v", err)
	}
	if err := SeedPopulation(t.Context(), environ, population.Plan{}, 0, &out); err == nil {
		t.Error("a population of nobody was made")
	}
}
