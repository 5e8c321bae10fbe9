# Two commands on a fresh machine: `make demo` and `make test`. Both fetch what they need into .cache/.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test chaos check build release format setup servers schemas clean fuzz bench-decode bench-capture bench-snapshot bench-oulad bench-matching bench-release bench-apply bench-verify bench-end-to-end

ARGS ?=
# Node 24: the machine's own, or one from the cache. Lazily, so that `make help` needs nothing.
NODE = PATH="$$(./deploy/bootstrap.sh path):$$(pwd)/node_modules/.bin:$$PATH"

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-17s %s\n", $$1, $$2 }'

setup: ## Fetch Node 24 (where the machine has none) and the packages of the lock file
	@./deploy/bootstrap.sh

demo: build ## The main job, live: people take exams, gradewire is killed, the profiles are compared
	@$(NODE) node deploy/demo/main.ts $(ARGS)

test: build ## Every test, against real servers
	@$(NODE) vitest run $(ARGS)

chaos: build ## Seeded fault histories against real processes and servers, judged by one oracle
	@$(NODE) node test/chaos/main.ts $(ARGS)

check: setup ## Format, lint, types and unit tests; seconds, no server
	@$(NODE) oxfmt --check src connectors schemas deploy test
	@$(NODE) oxlint --type-aware --deny-warnings src connectors schemas deploy test
	@$(NODE) tsc --noEmit
	@$(NODE) vitest run --project unit

build: setup ## The shipped program: dist/gradewire.js
	@$(NODE) node deploy/build.ts

format: setup ## Rewrite the sources in the house's format
	@$(NODE) oxfmt src connectors schemas deploy test

schemas: setup ## Rewrite what is generated: schemas/json, docs/metrics.md, the chart's schema and renderings, the dashboard
	@$(NODE) node deploy/generate-schemas.ts
	@$(NODE) node deploy/generate-metrics-page.ts
	@$(NODE) node deploy/dashboards/generate.ts
	@$(NODE) node deploy/render-chart.ts

servers: setup ## Fetch and prepare MySQL, MariaDB, NATS and PostgreSQL
	@$(NODE) node deploy/servers/fetch.ts

fuzz: setup ## Random tables, histories and restarts against a real server
	@$(NODE) node test/fuzz/main.ts $(ARGS)

bench-decode: setup ## Decoded rows per CPU-second, against zongji on the same bytes
	@$(NODE) node test/bench/decode.ts $(ARGS)

bench-capture: build ## Captured events per CPU-second, MySQL and MariaDB to acknowledged messages
	@$(NODE) node test/bench/capture.ts $(ARGS)

bench-snapshot: build ## Copied rows per CPU-second, and memory for small and large tables
	@$(NODE) node test/bench/snapshot.ts $(ARGS)

bench-matching: setup ## What finding a score's person costs apply, with a million employees: ARGS="--seconds 20"
	@$(NODE) node test/bench/matching.ts $(ARGS)

bench-release: setup ## How fast held scores are filed once their people are there: ARGS="--server mysql --results 20000"
	@$(NODE) node test/bench/release.ts $(ARGS)

bench-apply: setup ## Applied rows per CPU-second, against an insert builder: ARGS="mysql --results 300000"
	@$(NODE) node test/bench/apply.ts $(ARGS)

bench-verify: build ## What comparing both databases costs: ARGS="postgresql --results 1000000"
	@$(NODE) node test/bench/verify.ts $(ARGS)

bench-oulad: build ## 173,912 real exam results, MySQL to PostgreSQL
	@$(NODE) node test/bench/oulad.ts $(ARGS)

bench-end-to-end: build ## MySQL to profile: against the plainest peer, latency at three rates, memory of a backlog
	@$(NODE) node test/bench/end-to-end.ts $(ARGS)

release: build ## What a release hands out: npm package, Helm chart, bill of materials, checksums
	@$(NODE) node deploy/release.ts

clean: ## Remove what was built; the cache stays
	@rm -rf dist coverage release
