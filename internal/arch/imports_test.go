package arch

import (
	"slices"
	"strings"
	"testing"
)

// layers are the packages under internal in the order of the design: a package may import what stands in a line above its
// own, and nothing below. Packages of one line do not import each other, but for the trees named in family.
var layers = [][]string{
	{"gen/catalog"},
	{"internal/contractplan", "internal/money", "internal/fault", "internal/clock", "internal/mask", "internal/seal", "internal/crashpoint", "internal/planted"},
	{"internal/ledger", "internal/lending"},
	{"internal/provider"},
	{"internal/store"},
	{"internal/job"},
	{"internal/onboarding", "internal/origination", "internal/servicing", "internal/access", "internal/messaging", "internal/support", "internal/backoffice", "internal/reconcile"},
	{"internal/seed", "internal/productfile", "gen/api", "gen/opsapi", "gen/spec"},
	{"internal/wire", "internal/paper", "internal/contractplan"},
	{"internal/opswire", "internal/population"},
	{"server"},
	{"internal/config", "internal/contract"},
	{"internal/journey"},
	{"internal/conform"},
	{"internal/app"},
	{"server/cmd"},
	{"internal/testkit", "internal/e2e", "internal/arch"},
}

// family are the packages that may import each other within one line of layers.
var family = []string{"internal/money", "internal/ledger", "internal/lending", "internal/provider", "internal/store", "internal/testkit", "internal/e2e",
	"internal/seal", "internal/clock", "internal/fault"}

// apart is what stands outside the order and nothing imports: the generator and what is pinned for it, and measurements.
var apart = []string{"internal/specgen", "bench", "."}

// layerOf is the line of a package, -1 if none. Packages below one that is named belong to it.
func layerOf(short string) (line int, name string) {
	line = -1
	for i, names := range layers {
		for _, n := range names {
			if (short == n || strings.HasPrefix(short, n+"/")) && len(n) > len(name) {
				line, name = i, n
			}
		}
	}
	return line, name
}

func TestEveryPackageHasItsPlace(t *testing.T) {
	for _, p := range packages(t) {
		if line, _ := layerOf(p.short()); line < 0 && !under(p.short(), apart) {
			t.Errorf("%s stands in no layer", p.short())
		}
	}
}

func under(short string, roots []string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return short == r || strings.HasPrefix(short, r+"/") })
}

func TestLayers(t *testing.T) {
	for _, p := range packages(t) {
		for _, problem := range layerProblems(p) {
			t.Error(problem)
		}
	}
}

// layerProblems lists the imports of a package that break the order.
func layerProblems(p pkg) (problems []string) {
	if under(p.short(), apart) {
		return nil
	}
	line, name := layerOf(p.short())
	for _, imported := range p.Imports {
		if !strings.HasPrefix(imported, module) {
			continue
		}
		other, otherName := layerOf(within(imported))
		switch {
		case other < 0:
			problems = append(problems, p.short()+" imports "+within(imported)+", which nothing may import")
		case other > line:
			problems = append(problems, p.short()+" imports "+within(imported)+", which stands below it")
		case other == line && name != otherName && (!slices.Contains(family, name) || !slices.Contains(family, otherName)):
			problems = append(problems, p.short()+" imports "+within(imported)+": packages of one layer do not know each other")
		}
	}
	return problems
}

// vendors are libraries that only some packages may know. A name ending in / stands for all packages below it.
var vendors = []struct {
	library string
	only    []string
	tests   []string // whose tests may know it too
}{
	{"github.com/labstack/echo/", []string{"gen/api", "gen/opsapi", "server"}, nil},
	{"github.com/oapi-codegen/runtime", []string{"gen/api", "gen/opsapi"}, nil},
	{"github.com/uptrace/bun", []string{"internal/store", "bench/storm"}, nil},
	{"github.com/jackc/pgx/", []string{"internal/store", "internal/testkit", "bench"}, // a test of the books plants what no program writes
		[]string{"internal/servicing", "internal/e2e"}},
	{"github.com/lib/pq", nil, nil},
	{"database/sql", []string{"internal/store"}, nil},
	{"github.com/riverqueue/river", []string{"internal/store", "internal/job", "internal/app", "bench/storm"}, // a test may start real workers
		[]string{"internal/access", "internal/onboarding", "internal/origination", "internal/servicing", "internal/messaging", "internal/support"}},
	{"github.com/tink-crypto/", []string{"internal/seal"}, nil},
	{"gocloud.dev/", []string{"internal/provider/blobstore"}, nil},
	{"github.com/aws/", []string{"internal/provider/blobstore"}, nil},
	{"codeberg.org/go-pdf/", []string{"internal/paper"}, nil},
	{"github.com/expr-lang/expr", []string{"internal/lending"}, nil},
	{"github.com/nyaruka/phonenumbers", []string{"internal/wire"}, nil},
	{"github.com/caarlos0/env/", []string{"internal/config"}, nil},
	{"github.com/alecthomas/kong", []string{"server/cmd"}, nil},
	{"github.com/testcontainers/", []string{"internal/testkit", "internal/store/pglocal"}, nil},
	{"github.com/chromedp/", nil, []string{"internal/e2e"}},
	{"github.com/speakeasy-api/", []string{"internal/specgen"}, nil},
	{"github.com/getkin/kin-openapi/", []string{"gen/spec", "server", "internal/contract", "internal/contractplan", "internal/specgen", "bench"}, nil},
	{"golang.org/x/crypto/argon2", []string{"internal/access"}, nil},
	{"golang.org/x/image/", []string{"internal/origination"}, nil},
}

func TestVendorsStayInTheirRooms(t *testing.T) {
	for _, p := range packages(t) {
		for _, problem := range vendorProblems(p) {
			t.Error(problem)
		}
	}
}

// vendorProblems lists the libraries that a package should not know.
func vendorProblems(p pkg) (problems []string) {
	if p.short() == "." {
		return nil
	}
	check := func(imports []string, tests bool) {
		for _, imported := range imports {
			for _, v := range vendors {
				library := strings.TrimSuffix(v.library, "/")
				if imported != library && !strings.HasPrefix(imported, library+"/") {
					continue
				}
				if !under(p.short(), v.only) && !(tests && under(p.short(), v.tests)) {
					problems = append(problems, p.short()+" imports "+imported+", which belongs to "+strings.Join(v.only, ", "))
				}
			}
		}
	}
	check(p.Imports, false)
	check(slices.Concat(p.TestImports, p.XTestImports), true)
	return problems
}

// TestTheRulesCanFail holds the rules against packages that break them.
func TestTheRulesCanFail(t *testing.T) {
	for _, k := range []struct {
		what string
		p    pkg
		bad  int
	}{
		{"a layer above", pkg{ImportPath: module + "/internal/store", Imports: []string{module + "/internal/money", module + "/internal/ledger"}}, 0},
		{"a layer below", pkg{ImportPath: module + "/internal/lending", Imports: []string{module + "/internal/store"}}, 1},
		{"a capability's sister", pkg{ImportPath: module + "/internal/access", Imports: []string{module + "/internal/support"}}, 1},
		{"a family", pkg{ImportPath: module + "/internal/provider/paystack", Imports: []string{module + "/internal/provider"}}, 0},
		{"the generator", pkg{ImportPath: module + "/internal/app", Imports: []string{module + "/internal/specgen"}}, 1},
		{"SQL outside of the store", pkg{ImportPath: module + "/internal/servicing", Imports: []string{"github.com/uptrace/bun", "database/sql"}}, 2},
		{"Echo outside of the server", pkg{ImportPath: module + "/internal/wire", Imports: []string{"github.com/labstack/echo/v4"}}, 1},
		{"Echo in the server", pkg{ImportPath: module + "/server", Imports: []string{"github.com/labstack/echo/v4"}}, 0},
		{"a driver in a test", pkg{ImportPath: module + "/internal/access", TestImports: []string{"github.com/jackc/pgx/v5"}}, 1},
		{"a browser outside of a test", pkg{ImportPath: module + "/internal/e2e", Imports: []string{"github.com/chromedp/chromedp"}}, 1},
	} {
		if found := append(layerProblems(k.p), vendorProblems(k.p)...); len(found) != k.bad {
			t.Errorf("%s: expected %d problems, found %q", k.what, k.bad, found)
		}
	}
}

// net/http is for those that speak it: money, rules and rows do not.
func TestNoHTTPBelowTheProviders(t *testing.T) {
	for _, p := range packages(t) {
		line, name := layerOf(p.short())
		if line < 0 || name == "internal/provider" {
			continue
		}
		if wire, _ := layerOf("internal/wire"); line > wire || generated(p.short()) || p.short() == "internal/store/pglocal" {
			continue
		}
		if slices.Contains(p.Imports, "net/http") {
			t.Errorf("%s imports net/http", p.short())
		}
	}
}

func TestTestPackagesStayInTests(t *testing.T) {
	for _, p := range packages(t) {
		if isTestOnly(p.short()) {
			continue
		}
		for _, imported := range append(slices.Clone(p.Imports), "") {
			if imported == "testing" || (imported != "" && isTestOnly(within(imported))) {
				t.Errorf("%s imports %s outside its tests", p.short(), imported)
			}
		}
	}
}
