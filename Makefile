# Everything is installed or built on the way; what is there already is left alone.
#   make run     build and serve (flags: make run ARGS="--listen 127.0.0.1:4000")
#   make test    every test: unit, integration over real sockets, end to end in Chromium
#   make lint    formatting and lints, for the host and for wasm32
#   make bench   what device detection costs
#   make shots   pictures of the running program, in end2end/test-results/screenshots

SHELL := /bin/bash
TOOLS := $(or $(SNAPDROP_TOOLS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/snapdrop)
export PATH := $(TOOLS)/bin:$(HOME)/.cargo/bin:$(PATH)

TARGET := $(or $(CARGO_TARGET_DIR),target)
SNAPDROP := $(TARGET)/release/snapdrop
SOURCES := Cargo.toml Cargo.lock $(shell find app frontend server/src server/Cargo.toml style public -type f)
# The first that finishes keeps cargo's lock, so nothing is gained by building several at once.
.NOTPARALLEL:
.PHONY: run build test unit end2end lint bench shots tools browser clean

run: build
	$(SNAPDROP) $(ARGS)

build: $(SNAPDROP)

$(SNAPDROP): $(SOURCES) | tools
	cargo leptos build --release -P
	touch $@

test: unit end2end

unit: $(SNAPDROP)
	cargo test -p app -p server

end2end: $(SNAPDROP) browser
	cd end2end && SNAPDROP_BIN=$(abspath $(SNAPDROP)) npx playwright test

lint: | tools
	cargo fmt --all --check
	cargo clippy -p app -p server --all-targets -- -D warnings
	cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings

bench: | tools
	cargo bench -p server --bench device

shots: $(SNAPDROP) browser
	cd end2end && SNAPDROP_BIN=$(abspath $(SNAPDROP)) npx playwright test --project=screenshots

tools:
	.ci/toolchain build

browser:
	.ci/toolchain browser

clean:
	rm -rf target end2end/node_modules end2end/test-results
