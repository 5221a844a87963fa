# The commands of Điểm Cầu. `make` lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := target/tools/bin/cargo-deny
CARGO_FUZZ_VERSION := 0.13.2
CARGO_FUZZ := target/tools/bin/cargo-fuzz

WEB_MODULES := web-client/node_modules/.package-lock.json
WEB_BUILT := web-client/dist/index.html
WEB_SOURCES := $(shell find web-client -path web-client/node_modules -prune \
	-o -path web-client/dist -prune -o -type f ! -name '*.tsbuildinfo' ! -name '*.test.*' -print)
FRESH_TYPES := target/fresh-types/protocol.ts
# The server, and a client that browsers meet.
BROWSER_PROGRAMS := --bins --example second-stack
BROWSER_MODULES := $(if $(wildcard tests/browser/package-lock.json),tests/browser/node_modules/.package-lock.json)

.PHONY: help
help:
	@echo 'make run          set up, build and start the demonstration'
	@echo 'make test         every test, browsers included'
	@echo 'make lint         formatting, lints, licences, generated types'
	@echo 'make test-all     lint, test, measure weak lines, then fuzz'
	@echo 'make fuzz         bad input to everything that reads it, 30 s each'
	@echo 'make build        the release binary, with the web client in it'
	@echo 'make bench        what forwarding costs on this machine'
	@echo 'make screenshots  pictures of every page, in target/screenshots'
	@echo 'make types        the TypeScript types of the protocol, anew'

# --- run and build

.PHONY: run
run: setup web
	cargo build --locked
	target/debug/diemcau serve --demo

.PHONY: build
build: setup web
	cargo build --locked --release
	@echo 'Built target/release/diemcau'

.PHONY: web
web: $(WEB_BUILT)

$(WEB_BUILT): $(WEB_MODULES) $(WEB_SOURCES)
	cd web-client && npm run build

# --- test

.PHONY: test
test: setup-tests web test-web test-rust test-browser

.PHONY: test-web
test-web: $(WEB_MODULES)
	cd web-client && npm test

.PHONY: test-rust
test-rust: web
	cargo test --locked --workspace

.PHONY: test-browser
test-browser: web $(BROWSER_MODULES)
	cargo build --locked $(BROWSER_PROGRAMS)
	cd tests/browser && npm test

.PHONY: test-all
test-all:
	$(MAKE) lint
	$(MAKE) test
	$(MAKE) test-lines
	$(MAKE) fuzz

.PHONY: test-lines
test-lines: setup-tests web $(BROWSER_MODULES)
	cargo build --locked $(BROWSER_PROGRAMS)
	cd tests/browser && npm run test:long

# Seconds for each target.
FUZZ_SECONDS := 30
FUZZ_TARGETS := $(notdir $(wildcard tests/fuzz/corpus/*))

# Nothing unsafe is in what is fuzzed, so that no sanitizer is needed, nor a
# nightly compiler. What is found lies in tests/fuzz/artifacts.
.PHONY: fuzz
fuzz: setup $(CARGO_FUZZ)
	for target in $(FUZZ_TARGETS); do \
		mkdir -p target/fuzz/corpus/$$target; \
		$(CARGO_FUZZ) run --fuzz-dir tests/fuzz --target-dir target/fuzz/build \
			--sanitizer none --no-cfg-fuzzing --codegen-units 16 \
			$$target target/fuzz/corpus/$$target tests/fuzz/corpus/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -timeout=20 -verbosity=0 -print_final_stats=1; \
	done

$(CARGO_FUZZ):
	@echo 'Building cargo-fuzz $(CARGO_FUZZ_VERSION); this takes some minutes, once.'
	cargo install cargo-fuzz --version $(CARGO_FUZZ_VERSION) --locked --debug --root target/tools

.PHONY: screenshots
screenshots: setup-tests web $(BROWSER_MODULES)
	cargo build --locked $(BROWSER_PROGRAMS)
	cd tests/browser && SCREENSHOTS=$(CURDIR)/target/screenshots npm run screenshots
	@echo 'The pictures are in target/screenshots'

# quick, growth, janus, sites, recording or assembly for a part; quick takes
# half a minute.
BENCH := full

.PHONY: bench
bench: setup-bench
	mkdir -p target/bench
	cargo bench --locked -p diemcau --bench forwarding -- $(BENCH) | tee target/bench/report.txt

# --- lint

.PHONY: lint
lint: lint-rust lint-licences lint-types lint-web lint-browser

.PHONY: lint-rust
lint-rust: setup
	cargo fmt --all --check
	cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

.PHONY: lint-licences
lint-licences: $(CARGO_DENY)
	$(CARGO_DENY) --locked check bans licenses sources

$(CARGO_DENY):
	@echo 'Building cargo-deny $(CARGO_DENY_VERSION); this takes some minutes, once.'
	cargo install cargo-deny --version $(CARGO_DENY_VERSION) --locked --debug --root target/tools

.PHONY: lint-types
lint-types: $(FRESH_TYPES)
	diff -u web-client/src/core/protocol.ts $(FRESH_TYPES) \
		|| { echo 'The generated types are not current: run make types'; exit 1; }

.PHONY: lint-web
lint-web: $(WEB_MODULES)
	cd web-client && npm run lint

.PHONY: lint-browser
lint-browser: $(BROWSER_MODULES)
ifneq ($(BROWSER_MODULES),)
	cd tests/browser && npm run lint
endif

# --- generated types

.PHONY: types
types: $(FRESH_TYPES)
	cp $(FRESH_TYPES) web-client/src/core/protocol.ts

$(FRESH_TYPES): $(wildcard signaling/protocol/src/*.rs) signaling/protocol/Cargo.toml
	rm -f $@
	TS_RS_EXPORT_DIR=$(CURDIR)/$(dir $@) cargo test --locked --quiet -p diemcau-protocol export_bindings
	touch $@

# --- what is needed

.PHONY: setup
setup:
	@deploy/setup.sh

.PHONY: setup-tests
setup-tests:
	@deploy/setup.sh --tests

.PHONY: setup-bench
setup-bench:
	@deploy/setup.sh --bench

# npm writes this file at the end of an installation.
%/node_modules/.package-lock.json: %/package-lock.json %/package.json
	cd $* && npm ci --no-audit --no-fund
	touch $@
