# Everything is installed or built on the way; what is there already is left alone.
#   make run     build and serve (flags: make run ARGS="--listen 127.0.0.1:4000")
#   make test    every test: unit, integration over real sockets, faults, end to end in Chromium and WebKit, other clients
#   make lint    formatting, lints for the host, for wasm32 and for the tests in the browser, links in the documentation,
#                that modules know each other in one direction only, and what the dependencies are
#   make bench   SnapDrop beside its peers (bench/README.md); make bench-devices: what device detection costs
#   make abuse   what strangers can do to the server, and whether its limits hold (bench/results/abuse.md)
#   make load    ten thousand sockets beside socket.io, and 100,000 short rooms (bench/results/load.md, soak.md)
#   make soak-tests  every test SOAK_RUNS times beside a busy core, and which of them ever failed
#   make fuzz    the parsers, FUZZ_SECONDS each; make smoke: all of these for moments
#   make shots   every state on every screen, with pictures of it in end2end/test-results/screenshots
#   make lighthouse  how Lighthouse likes the pages, in bench/results/lighthouse.md

SHELL := /bin/bash
TOOLS := $(or $(SNAPDROP_TOOLS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/snapdrop)
export PATH := $(TOOLS)/bin:$(HOME)/.cargo/bin:$(PATH)

TARGET := $(or $(CARGO_TARGET_DIR),target)
SNAPDROP := $(TARGET)/release/snapdrop
SOURCES := Cargo.toml Cargo.lock $(shell find app frontend server/src server/Cargo.toml style public -type f)
# Building several targets at once would gain nothing, because cargo lets only one build at a time use a target folder.
.NOTPARALLEL:
.PHONY: run build test unit faults end2end firefox webkit interop lint soak-tests bench bench-devices abuse load fuzz smoke shots lighthouse tools browser clean

run: build
	$(SNAPDROP) $(ARGS)

build: $(SNAPDROP)

$(SNAPDROP): $(SOURCES) | tools
	cargo leptos build --release -P --split
	touch $@

test: unit faults end2end webkit shots interop

unit: $(SNAPDROP)
	.ci/toolchain authority
	.ci/toolchain proxies
	SNAPDROP_PROXIES=$(TOOLS)/proxies cargo test -p app -p server --lib --bins --test it --test device_cost --test room_cost --test socket_cost

# One at a time: they fill disks, kill servers and watch the memory of the real program.
faults: $(SNAPDROP)
	SNAPDROP_BIN=$(abspath $(SNAPDROP)) cargo test -p server --test faults -- --test-threads=1

end2end: $(SNAPDROP) browser
	.ci/toolchain proxies
	cd end2end && SNAPDROP_BIN=$(abspath $(SNAPDROP)) SNAPDROP_PROXIES=$(TOOLS)/proxies npx playwright test

# The same tests in Firefox, but those that are marked as Chromium's. TESTS chooses some of the files.
firefox: $(SNAPDROP) browser
	.ci/toolchain firefox
	.ci/toolchain proxies
	cd end2end && SNAPDROP_BIN=$(abspath $(SNAPDROP)) SNAPDROP_PROXIES=$(TOOLS)/proxies npx playwright test --project=firefox $(TESTS)

webkit: $(SNAPDROP) browser
	.ci/toolchain webkit
	cd end2end && SNAPDROP_BIN=$(abspath $(SNAPDROP)) npx playwright test --project=webkit

interop: $(SNAPDROP)
	SNAPDROP_BIN=$(abspath $(SNAPDROP)) end2end/tuspy/run

lint: browser | tools
	.ci/toolchain fuzz
	.ci/toolchain deps
	.ci/layers
	.ci/paths
	cargo fmt --all --check
	cargo clippy -p app -p server --all-targets -- -D warnings
	cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc -p app -p server --no-deps --document-private-items
	RUSTDOCFLAGS='-D warnings' cargo doc -p app -p frontend --target wasm32-unknown-unknown --no-deps --document-private-items
	cargo fmt --manifest-path server/fuzz/Cargo.toml --check
	cargo clippy --manifest-path server/fuzz/Cargo.toml --target-dir $(TARGET)/fuzz -- -D warnings
	cargo fmt --manifest-path bench/load/Cargo.toml --check
	cargo clippy --manifest-path bench/load/Cargo.toml --target-dir $(TARGET)/load -- -D warnings
	cd end2end && npx tsc
	cargo machete
	cargo deny --log-level error --config .ci/deny.toml check licenses bans sources

# How often every test is run.
SOAK_RUNS ?= 10

soak-tests: $(SNAPDROP) browser
	.ci/soak $(SOAK_RUNS) $(TARGET)/soak

bench: $(SNAPDROP) browser
	cd end2end && SNAPDROP_BIN=$(abspath $(SNAPDROP)) SNAPDROP_BENCH_RESULTS=$(abspath bench/results) npx playwright test --project=benchmark
	SNAPDROP_BIN=$(abspath $(SNAPDROP)) bench/run $(ARGS)

abuse: $(SNAPDROP)
	SNAPDROP_BIN=$(abspath $(SNAPDROP)) bench/abuse/run $(ARGS)

load: $(SNAPDROP)
	SNAPDROP_BIN=$(abspath $(SNAPDROP)) bench/load/run $(ARGS)

bench-devices: | tools
	cargo bench -p server --bench device

# How long each target is fuzzed.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(notdir $(wildcard server/fuzz/seeds/*))
CARGO_FUZZ := --fuzz-dir server/fuzz --sanitizer none --codegen-units 16 --target-dir $(abspath $(TARGET))/fuzz

fuzz: | tools
	.ci/toolchain fuzz
	cargo fuzz build $(CARGO_FUZZ)
	cd server/fuzz && mkdir -p $(FUZZ_TARGETS:%=corpus/%)
	set -e; for name in $(FUZZ_TARGETS); do \
	    cargo fuzz run $(CARGO_FUZZ) $$name server/fuzz/{corpus,seeds}/$$name -- \
	        -max_total_time=$(FUZZ_SECONDS) -max_len=10000 -timeout=10 -verbosity=0 -print_funcs=0 -print_final_stats=1; \
	done

smoke: $(SNAPDROP) browser
	$(MAKE) firefox TESTS="files closing tls"
	$(MAKE) fuzz FUZZ_SECONDS=3
	cd end2end && SNAPDROP_BIN=$(abspath $(SNAPDROP)) SNAPDROP_BENCH_MIB=64 SNAPDROP_BENCH_FILES=40 SNAPDROP_BENCH_ROUNDS=1 npx playwright test --project=benchmark
	SNAPDROP_BIN=$(abspath $(SNAPDROP)) bench/run --smoke
	SNAPDROP_BIN=$(abspath $(SNAPDROP)) bench/abuse/run --smoke
	SNAPDROP_BIN=$(abspath $(SNAPDROP)) bench/load/run --smoke

shots: $(SNAPDROP) browser
	cd end2end && SNAPDROP_BIN=$(abspath $(SNAPDROP)) npx playwright test --project=screenshots

lighthouse: $(SNAPDROP) browser
	cd end2end && SNAPDROP_BIN=$(abspath $(SNAPDROP)) SNAPDROP_BENCH_RESULTS=$(abspath bench/results) npx playwright test --project=lighthouse

tools:
	.ci/toolchain build

browser:
	.ci/toolchain browser

clean:
	rm -rf target end2end/node_modules end2end/test-results
