//go:build linux

package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/creditpocket/creditpocket/bench/rig"
)

// site is what most drills have in common: the binary and the gateway.
type site struct {
	*rig.Rig
	binary  string
	gateway *rig.Gateway
}

func newSite(ctx context.Context, name string) (*site, error) {
	r, err := rig.New(name)
	if err != nil {
		return nil, err
	}
	s := &site{Rig: r}
	if s.binary, err = r.Binary(ctx); err == nil {
		s.gateway, err = r.Gateway(ctx)
	}
	if err != nil {
		_ = r.Close(ctx)
		return nil, err
	}
	return s, nil
}

// serve prepares a process on a database.
func (s *site) serve(name, url string, env ...string) (*rig.Process, error) {
	return s.Serve(s.binary, name, append([]string{"DATABASE_URL=" + url, s.gateway.Env()}, env...)...)
}

// seed brings a database up to date and adds the demo borrower.
func seed(ctx context.Context, p *rig.Process) error {
	_, err := p.Command(ctx, "seed", "--demo")
	return err
}

var differences = regexp.MustCompile(`RESULT verify loans=(\d+) differences=(\d+)`)

// verify recomputes all books of a process's database.
func verify(ctx context.Context, p *rig.Process) (loans, found string, err error) {
	out, err := p.Command(ctx, "verify")
	m := differences.FindStringSubmatch(out)
	if m == nil {
		if err == nil {
			err = fmt.Errorf("creditpocket verify printed no result: %s", strings.TrimSpace(out))
		}
		return "", "", err
	}
	return m[1], m[2], err
}

// payouts compares the gateway's transfers with a database's payouts: unknown are those the gateway made and we know nothing of,
// twice are loans that the gateway paid out more than once.
func (s *site) payouts(ctx context.Context, url string) (paid, unknown, twice int, err error) {
	books, err := s.gateway.Books(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	known, err := rig.Query(ctx, url, `SELECT reference FROM payouts`)
	if err != nil {
		return 0, 0, 0, err
	}
	ours := map[string]bool{}
	for _, reference := range known {
		ours[reference] = true
	}
	loans := map[string]int{}
	for reference := range books.Transfers {
		if !ours[reference] {
			unknown++
		}
		if parts := strings.Split(reference, "-"); len(parts) > 1 { // cpp-<loan>-<attempt>-…
			if loans[parts[1]]++; loans[parts[1]] == 2 {
				twice++
			}
		}
	}
	return len(books.Transfers), unknown, twice, nil
}
