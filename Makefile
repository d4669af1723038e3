# `make` lists what there is to do.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO  ?= go
TMP := $(or $(TMPDIR),/tmp)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

##### The contract and what is generated from it

.PHONY: generate
generate: ## Regenerate openapi/dist, gen and the SDK's raw client from openapi/
	$(GO) run ./internal/specgen/cmd

.PHONY: generate-check
generate-check: ## Fail if a generated file is not what openapi/ gives, or if the SDK drags modules along
	$(GO) run ./internal/specgen/cmd -check
	@if $(GO) list -deps ./internal/specgen/cmd | grep -q '^github.com/creditpocket/creditpocket/gen'; then \
		echo 'the generator needs what it generates: `rm -rf gen && make generate` would fail' >&2; exit 1; fi
	cd client && GOWORK=off $(GO) vet ./...
	@dir=$$(mktemp -d "$(TMP)/importer.XXXXXX"); trap 'rm -rf "$$dir"' EXIT; client="$(CURDIR)/client"; cd "$$dir"; \
	printf 'module importer\n\ngo 1.25\n\nrequire github.com/creditpocket/creditpocket/client v0.0.0\n\nreplace github.com/creditpocket/creditpocket/client => %s\n' "$$client" > go.mod; \
	n=$$(GOWORK=off GOFLAGS=-mod=mod $(GO) list -m all | wc -l); \
	if [ "$$n" -gt 3 ]; then echo "an importer of the SDK gets $$n modules, 3 are allowed" >&2; exit 1; fi; \
	echo "generated files are current; an importer of the SDK gets $$n modules"

# Third-party judges of the contract: a Go module and npm packages of their own, pinned, so that nothing of them reaches the product.
CONTRACT := cd openapi/tools && $(GO) run .

.PHONY: contract-tools
contract-tools: openapi/tools/node_modules/.package-lock.json
openapi/tools/node_modules/.package-lock.json: openapi/tools/package-lock.json
	cd openapi/tools && npm ci --ignore-scripts --silent
	@touch $@

.PHONY: spec-lint
spec-lint: contract-tools ## Lint the documents and hold their scores (Redocly, IBM) to the gates
	$(CONTRACT) lint

.PHONY: spec-breaking
spec-breaking: ## Fail on a break of the released contract that openapi/intended-breaks.yaml does not explain
	$(CONTRACT) breaking

# Records of the traffic of the coverage suites, judged again by a validator that shares no code with the first.
RECORDS := .data/contract

.PHONY: contract-judge
contract-judge: postgres ## Let a second judge (libopenapi-validator) see the traffic of the coverage suites; prints operation x status
	rm -rf $(RECORDS)/traffic && mkdir -p $(RECORDS)/traffic
	CP_CONTRACT_RECORD="$(CURDIR)/$(RECORDS)/traffic" $(GO) test -count 1 -timeout 30m -run EveryStatusAndReason ./internal/e2e ./internal/e2e/ops
	$(CONTRACT) judge -complete "$(CURDIR)/$(RECORDS)/traffic"

.PHONY: contract-faults
contract-faults: postgres ## Plant faults into a server's answers, and print which judge caught which
	rm -rf $(RECORDS)/faults && mkdir -p $(RECORDS)/faults
	CP_CONTRACT_RECORD="$(CURDIR)/$(RECORDS)/faults" $(GO) test -count 1 -run SeededFaults ./internal/e2e
	$(CONTRACT) faults "$(CURDIR)/$(RECORDS)/faults"

.PHONY: contract-examples
contract-examples: postgres ## Every example is what the mock takes and answers; walk the Arazzo journeys
	$(GO) test -count 1 -v -run Mock ./server
	$(GO) test -count 1 -v -run ArazzoJourney ./internal/e2e

.PHONY: contract-postman
contract-postman: postgres build contract-tools ## Run the Postman collection with Postman's own engine, against the mock and a live server
	$(CONTRACT) postman

# Debian's Kotlin, and Gson for its generated models. The generator's jar holds what the Java client needs.
.PHONY: contract-consumers
contract-consumers: postgres build contract-tools ## Generate, compile and run Kotlin, Java and TypeScript clients of the mobile document
	@missing=(); command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless); command -v kotlinc >/dev/null || missing+=(kotlin); \
	[ -e /usr/share/java/gson.jar ] || missing+=(libgoogle-gson-java); \
	if [ "$${#missing[@]}" -gt 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; fi
	$(CONTRACT) consumers

.PHONY: contract-specmatic
contract-specmatic: postgres build contract-tools ## Let Specmatic make right and wrong requests out of the contract for a live server
	@command -v java >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openjdk-17-jdk-headless >/dev/null; }
	cd openapi/tools && $(GO) test .
	$(CONTRACT) specmatic

.PHONY: contract
contract: spec-lint spec-breaking contract-examples contract-postman contract-judge contract-faults contract-specmatic contract-consumers ## All third-party judges of the contract

.PHONY: spec-release
spec-release: generate-check spec-breaking ## Release the present documents: VERSION=1.1.0
	$(CONTRACT) release "$(VERSION)"

##### Run

BIN := bin/creditpocket
BASE_URL ?= http://127.0.0.1:8080

.PHONY: build
build: ## Build the server into bin/
	@mkdir -p bin
	$(GO) build -trimpath -buildvcs=auto -o $(BIN) ./server/cmd/creditpocket

# A local PostgreSQL is the embedded default. Where none is found and Debian's packages are there, one is installed.
.PHONY: postgres
postgres:
	@if [ -z "$${DATABASE_URL:-}$${PG_BIN_DIR:-}" ] && ! command -v postgres >/dev/null && ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 \
		&& command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo 'PostgreSQL is not on this machine: installing the package postgresql'; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; \
	fi

.PHONY: run
run: postgres build ## Run the server with everything it needs; stop with Ctrl-C
	@exec ./$(BIN) serve

.PHONY: demo
demo: build ## Walk a borrower's whole journey against the running server (BASE_URL)
	./$(BIN) demo --base-url "$(BASE_URL)"

.PHONY: seed-demo
seed-demo: build ## Add a demo borrower to the running server's database
	./$(BIN) seed --demo

##### Tests

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: test
test: postgres vet ## Run all tests against a real PostgreSQL
	$(GO) test -timeout 45m ./...
	cd client && GOWORK=off $(GO) test ./...
	$(MAKE) prove-short

# Everything at random in it derives from the seed; another one: make prove-short SEED=2
SEED ?= 1

.PHONY: prove-short
prove-short: postgres ## Kill, cut and lie for 12 seconds while borrowers live whole lifecycles, then audit everything
	$(GO) run ./bench/prove -mode short -seed $(SEED)

.PHONY: prove
prove: postgres ## Up to ten minutes of all faults at once with a thousand kills, an audit, a full disk, the planted bugs; writes docs/proof.md
	$(GO) run ./bench/prove -mode full -seed $(SEED) -proof docs/proof.md

.PHONY: prove-planted
prove-planted: postgres ## Show that the prover catches every planted bug by its name
	$(GO) run ./bench/prove -mode planted -seed $(SEED)

# PROOFS="storm drill-diskfull" chooses some of them.
PROOFS ?= prove storm drill-diskfull drill-failover drill-rolling drill-restore gateway-silence

.PHONY: prove-all
prove-all: ## All proofs about money, one after another (about 17 minutes); writes docs/proof.md (PROOFS="storm drill-diskfull" chooses)
	$(GO) run ./bench/proof $(PROOFS)

.PHONY: vet
vet: ## gofmt and go vet
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' | grep -v '^gen/')); if [ -n "$$unformatted" ]; then echo "not gofmt'd:" $$unformatted >&2; exit 1; fi
	$(GO) vet ./...

.PHONY: lint
lint: vet ## staticcheck, over the SDK too
	$(GO) run $(STATICCHECK) ./...
	cd client && GOWORK=off $(GO) run $(STATICCHECK) -tags integration ./...
	cd openapi/tools && $(GO) vet . && $(GO) run $(STATICCHECK) .

# SDK_BASE_URL names a development server with CP_LIMITS=off; without it the binary is started, and starts what it needs.
.PHONY: test-sdk
test-sdk: postgres build ## Hold the SDK against the real server, with faults between them
	cd client && GOWORK=off $(GO) vet -tags integration ./... && GOWORK=off $(GO) test -count 1 ./...
	cd client && GOWORK=off $(GO) test -count 1 -v -run Importer .
	cd client && BASE_URL="$(SDK_BASE_URL)" CREDITPOCKET_BIN="$(CURDIR)/$(BIN)" GOWORK=off $(GO) test -tags integration -count 1 -v ./integration

# CP_BAD_INPUT_REQUESTS and CP_TEST_SEED choose another number and other values.
.PHONY: bad-input
bad-input: postgres ## Send 100,000 generated bad and unauthorised requests: no 5xx, nothing outside the contract, no effect
	$(GO) test -tags volume -run BadInputVolume -count 1 -timeout 45m -v ./internal/e2e

.PHONY: test-browser
test-browser: postgres ## Walk the checkout page and the docs in headless Chromium
	@command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; }
	$(GO) test -tags browser -run Browser -count 1 ./internal/e2e

.PHONY: test-containers
test-containers: ## Run the database tests through testcontainers-go; needs a Docker engine
	CP_TEST_POSTGRES=docker $(GO) test -count 1 -timeout 30m ./internal/testkit ./internal/servicing

.PHONY: verify
verify: build ## Recompute every loan and account from the ledger
	./$(BIN) verify

# The gateway accepts connections and says nothing for two minutes, under callers of all operations that ask it something.
.PHONY: gateway-silence
gateway-silence: postgres ## Two minutes without a word from the gateway: deadlines hold, nothing is paid twice, the backlog drains
	$(GO) test -tags silence -run GatewaySilence -count 1 -timeout 12m -v ./internal/e2e

##### The daily run

.PHONY: bench-daily
bench-daily: postgres ## Measure the daily run over 10k, 100k and 1M open loans with fsync on
	$(GO) run ./bench/daily

##### A generated population

.PHONY: lending-check
lending-check: postgres ## 2,000 generated borrowers live 30 days; every book is compared, in under 50 s
	$(GO) run ./bench/population -seed 1 -limit 50s

# `make lending-population POPULATION='-seed 7'` replays the seed that a RESULT line names.
.PHONY: lending-population
lending-population: postgres ## 100,000 generated borrowers live 120 days; every book and every answer is compared, then creditpocket verify
	$(GO) run ./bench/population -name lending-population -n 100000 -days 120 -every 30 -rest 150 -verify-limit 1m $(POPULATION)

##### Speed

# wrk loads the servers, taskset pins them.
.PHONY: bench-peers
bench-peers: ## Full validation against none, and against other frameworks' servers (BENCH="-rounds 6 -write")
	@command -v wrk >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wrk >/dev/null; }
	$(GO) build -trimpath -o bin/bench-peers ./bench/validated && bin/bench-peers $(BENCH)

# FUZZ=1m for a shorter search. What the two may say differently is listed at flawed in internal/contractplan/referee_test.go.
FUZZ ?= 10m

.PHONY: fuzz-contract
fuzz-contract: ## Ten minutes of random schemas, bodies and requests: the compiled validator says what kin-openapi says
	@started=$$SECONDS; executed=0; said=$$(mktemp); trap 'rm -f "$$said"' EXIT; \
	for search in internal/contractplan:FuzzAgainstKin:$(FUZZ) server:FuzzBothChecks:1m internal/contractplan:FuzzPattern:1m; do \
		IFS=: read -r package target span <<<"$$search"; \
		$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime "$$span" "./$$package" | tee "$$said" || { echo "RESULT fuzz-contract disagreements=1 target=$$target"; exit 1; }; \
		n=$$(grep -o 'execs: [0-9]*' "$$said" | tail -1 | tr -dc 0-9 || true); \
		[ -n "$$n" ] || { echo "$$target did not get beyond its corpus: FUZZ is too short" >&2; exit 1; }; \
		executed=$$((executed + n)); \
	done; echo "RESULT fuzz-contract disagreements=0 executions=$$executed seconds=$$((SECONDS - started))"

.PHONY: contract-kin
contract-kin: postgres ## The whole contract suite with the compiled validator turned off: not one answer changes
	@if CP_CONTRACT_CHECK=kin $(GO) test -count 1 -timeout 20m ./internal/e2e/... && $(GO) test -count 1 -run 'BothChecks' ./server; then echo 'RESULT contract-kin failed=0'; else echo 'RESULT contract-kin failed=1'; exit 1; fi

# About 27 GB of disk for the largest database; BENCH="-sizes 10000,1000000" for less.
.PHONY: bench-growth
bench-growth: postgres ## The same four requests over 10k, 1M and 10M loans: medians within 1.3 of each other (BENCH=-write)
	$(GO) run ./bench/growth $(BENCH)

# The server, PostgreSQL, the gateway simulator and the callers share the machine. About three minutes.
.PHONY: bench-overload
bench-overload: postgres ## Half, all and three times the load that the server can carry, by the clock (BENCH=-write)
	$(GO) run ./bench/overload $(BENCH)

# About six minutes: three interleaved rounds. pgbench comes with the server.
.PHONY: bench-db
bench-db: postgres ## Use cases beside pgbench with the very same statements, fsync on (BENCH="-rounds 3 -write")
	$(GO) build -trimpath -o bin/bench-db ./bench/db && bin/bench-db $(BENCH)

##### Drills: what a deployment must survive, rehearsed on real processes

.PHONY: storm
storm: postgres ## 80,000 calls while connections are cut before, in and after commits: none doubled, none falsely acknowledged
	$(GO) run ./bench/drills storm

# haproxy and pgbouncer are Debian's. The drills run on Linux.
.PHONY: drill-rolling
drill-rolling: postgres ## Restart five processes behind haproxy under load: not one request fails
	@command -v haproxy >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy >/dev/null; }
	$(GO) run ./bench/drills rolling

.PHONY: drill-failover
drill-failover: postgres ## Kill a primary under load and promote its synchronous standby: nothing acknowledged is lost
	$(GO) run ./bench/drills failover

.PHONY: drill-restore
drill-restore: postgres ## Restore a base backup and the archived log to a point during a storm (docs/backup.md)
	$(GO) run ./bench/drills restore

.PHONY: drill-diskfull
drill-diskfull: postgres ## Fill the disk under PostgreSQL: 503, and nothing acknowledged is lost (root: mounts a tmpfs)
	$(GO) run ./bench/drills diskfull

.PHONY: test-pgbouncer
test-pgbouncer: postgres ## Journeys, jobs and the daily run through pgbouncer in transaction mode
	@command -v pgbouncer >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends pgbouncer >/dev/null; }
	$(GO) run ./bench/drills pgbouncer

# The suites that write money, with every transaction SERIALIZABLE: about ten minutes on two cores.
SERIALIZABLE := ./internal/store ./internal/onboarding ./internal/origination ./internal/servicing ./internal/app ./internal/e2e ./internal/e2e/ops

.PHONY: test-serializable
test-serializable: postgres ## Run the suites of the money under SERIALIZABLE, about ten minutes
	@started=$$SECONDS; packages=0; failed=0; \
	for package in $(SERIALIZABLE); do \
		packages=$$((packages + 1)); CP_DB_ISOLATION=serializable $(GO) test -count 1 -timeout 15m $$package || failed=$$((failed + 1)); done; \
	echo "RESULT serializable packages=$$packages failed=$$failed seconds=$$((SECONDS - started))"; [ "$$failed" -eq 0 ]

##### Security

# The attacks are tests; `make test` runs them in their short form, security-check alone and with what they found. What bad logins cost the others is
# measured first and in a process of its own: the servers of other tests work on in the background of theirs.
ATTACKS     := TestCanary|TestBombs|TestSMSFlood|TestPumping|TestEnumeration|TestBrandWall|TestRefreshRotates|TestSessionsCan|TestExportAnd|TestSlow|TestBadLogins
# Who may what, made from the two contracts: owners, tokens and brands, verbs and addresses, fields that are the server's, roles.
MATRICES    := TestMatrix|TestAuthorisation|TestVerbs|TestServerOnlyFields
STORE_WALLS := AuditTrail|Sealing|OneSealer|KeepsBrandsApart|RewriteThePast|BehindTheWall|PersonalData|Retention
SHOWN       := ^(RESULT|FAIL|ok|panic)|--- FAIL|_test\.go

.PHONY: security-check
security-check: postgres ## The attacks in their short form, in under 50 s once they are compiled
	@$(GO) test -run '^$$' ./internal/store ./internal/access ./internal/seal ./internal/e2e ./internal/e2e/ops >/dev/null; \
	started=$$SECONDS; failed=0; said=$$(mktemp); trap 'rm -f "$$said"' EXIT; \
	{ $(GO) test -count 1 -v -run '$(STORE_WALLS)' ./internal/store | grep -E '$(SHOWN)'; \
	$(GO) test -count 1 -v -run 'Guessing|Pumping' ./internal/access | grep -E '$(SHOWN)'; \
	$(GO) test -count 1 -run 'Rotation|Sealed' ./internal/seal; } >"$$said" & walls=$$!; \
	$(GO) test -count 1 -v -run '$(ATTACKS)|$(MATRICES)' ./internal/e2e ./internal/e2e/ops | grep -E '$(SHOWN)' || failed=1; \
	wait $$walls || failed=1; cat "$$said"; \
	took=$$((SECONDS - started)); echo "RESULT security-check failed=$$failed seconds=$$took limit=50"; [ "$$failed" -eq 0 ] && [ "$$took" -le 50 ]

.PHONY: security
security: postgres ## The attacks at full size and against the clock, and the wall with a planted bug; about 6 minutes
	@failed=0; \
	run() { $(GO) test -count 1 -v -timeout 20m "$$@" | grep -E '$(SHOWN)' || failed=1; }; \
	export CP_TEST_FULL=1; \
	run -run 'TestBadLogins' ./internal/e2e; \
	run -run '$(ATTACKS)' -skip 'TestBadLogins' ./internal/e2e; \
	run -run '$(MATRICES)' ./internal/e2e ./internal/e2e/ops; \
	run -run 'TestMasterKey|TestPassword|TestNoLoginOutlives' ./internal/e2e; \
	run -tags planted_owner -run 'TestBrandWall' ./internal/e2e; \
	run -run '$(STORE_WALLS)' ./internal/store; \
	run -run 'Guessing|Pumping' ./internal/access; \
	run -run 'Rotation|Sealed' ./internal/seal; \
	echo "RESULT security failed=$$failed"; exit $$failed

GOSEC     := github.com/securego/gosec/v2/cmd/gosec@v2.30.0
GITLEAKS  := github.com/zricethezav/gitleaks/v8@v8.30.1
CYCLONEDX := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
VULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
VULNDB    ?= https://vuln.go.dev

# What gosec is not asked. G115 (conversions of integers): every one of 79 was a state, an index or a length that the contract, the database or
# the loop bounds; amounts go through internal/money. Generators and test helpers read and write the developer's own files. The local
# cluster runs PostgreSQL's programs, in directories that its other account must be able to enter. Made-up people come from a seed.
GOSEC_EXCEPT := internal/(specgen|contract|testkit)/.*:G204,G301,G302,G304,G306,G404,G703;internal/store/pglocal/.*:G122,G204,G301,G302,G304,G306
GOSEC_EXCEPT := $(GOSEC_EXCEPT);internal/(journey|population|conform)/.*:G404
GOSEC_RUN    := $(GO) run $(GOSEC) -quiet -severity medium -confidence medium -exclude G115 -exclude-generated

.PHONY: hygiene
hygiene: ## gosec, a search for secrets, licences and the list of dependencies, known weaknesses
	$(GOSEC_RUN) -exclude-rules '$(GOSEC_EXCEPT)' -exclude-dir client -exclude-dir bench -exclude-dir openapi ./...
	cd client && GOWORK=off $(GOSEC_RUN) -exclude-rules 'internal/devserver/.*:G404' ./...
	$(GO) run $(GITLEAKS) dir . --no-banner --no-color --redact --config .ci/gitleaks.toml
	$(GO) test -count 1 -run 'Dependencies|Licences' ./internal/arch
	@mkdir -p bin/tools && GOBIN="$(CURDIR)/bin/tools" $(GO) install $(VULNCHECK)
	@status=0; bin/tools/govulncheck -db '$(VULNDB)' ./... >bin/govulncheck.txt 2>&1 || status=$$?; \
	case $$status in \
	0) echo 'RESULT govulncheck findings=0' ;; \
	3) cat bin/govulncheck.txt; echo "RESULT govulncheck findings=$$(grep -c '^Vulnerability #' bin/govulncheck.txt)"; exit 1 ;; \
	*) cat bin/govulncheck.txt; grep -q '^govulncheck: fetching vulnerabilities' bin/govulncheck.txt || exit $$status; \
		echo 'RESULT govulncheck not-run: the database $(VULNDB) could not be read here' ;; \
	esac

.PHONY: sbom
sbom: ## The bill of materials of the server's binary (CycloneDX), in bin/sbom.json
	@mkdir -p bin
	$(GO) run $(CYCLONEDX) app -json -licenses=false -output bin/sbom.json -main server/cmd/creditpocket .
	@echo "RESULT sbom components=$$(grep -c '"purl": "pkg:golang' bin/sbom.json)"
