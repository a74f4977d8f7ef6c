# The verbs of this project; `make` alone lists them. All of it is built in the release profile, so that Cranelift is
# compiled once, and without the benchmark, whose dependency on wasmtime nothing else needs.

CARGO ?= cargo
PROJECT := --release --workspace --exclude bench
TARGET := $(or $(CARGO_TARGET_DIR),target)
# What the C library has for devices; see runtime/c-api/Cargo.toml.
LIBRARY_FEATURES ?= wasi,standard
# (All packages are named so that nothing is compiled with other features than for the whole.)
# The specification's suite, modules together, known miscompilations, far and near branches, copies and fills, values between host
# and wasm, WASI, the C library. (test-emulated runs the runtime's unit tests, too, for its assembly; by itself, since here
# they would bring those of all packages.)
EMULATED_PART := --workspace --exclude bench --test spec --test multi_module --test advisories --test far_branches --test near_branches --test bulk --test boundary --test wasi --test wasi_sets --test c_api
SAMPLES := $(patsubst samples/%/main.rs,%,$(wildcard samples/*/main.rs))

# Compiles the modules of the sample $(1) to $(TARGET)/samples/$(1), then runs its host program.
define sample
@mkdir -p $(TARGET)/samples/$(1)
@$(TARGET)/release/wamrc $(wildcard samples/$(1)/*.wat samples/$(1)/*.wasm) -o $(TARGET)/samples/$(1)
@$(TARGET)/release/$(1)

endef

.PHONY: help run build test test-aarch64 test-riscv64 test-emulated test-all diff-isa cross-setup spec apps lint lint-bench bench samples samples-wasm fmt clean device night night-emulated faults hostile fuzz reliability observers library install deb c-fuzz

help: ## list these verbs
	@sed -n 's/^\([a-z0-9-]*\):.*## /    make \1\t/p' Makefile | expand -t 24

run: build ## build, compile the multi-module sample, run it
	$(call sample,multi-module)

build: ## build the commands and libraries (target/release/wamrc, target/release/iwasm)
	$(CARGO) build $(PROJECT) --exclude tests

library: ## build the C library as devices have it (target/device/libiwasm.a, libiwasm.so; headers: runtime/c-api/include)
	$(CARGO) build --profile device -p iwasm-c-api --no-default-features --features $(LIBRARY_FEATURES),no-symbolizer
	scripts/shared-library.sh "$(TARGET)/device"

install: library ## install commands, C library, headers, pkg-config and CMake files below PREFIX (/usr/local), DESTDIR in front
	$(CARGO) build --profile device -p wamrc-cli -p iwasm-cli
	PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" LIBRARIES="$(TARGET)/device" COMMANDS="$(TARGET)/device" scripts/install.sh

deb: library ## make a Debian package of all that, in target/
	$(CARGO) build --profile device -p wamrc-cli -p iwasm-cli
	LIBRARIES="$(TARGET)/device" COMMANDS="$(TARGET)/device" scripts/deb.sh

device: ## build iwasm as devices have it: no compiler, no interpreter, small (target/device/device/iwasm)
	$(CARGO) build --profile device -p iwasm-cli --no-default-features --features wasi --target-dir "$(TARGET)/device"

test: ## run all tests; they need nothing but the Rust toolchain
	$(CARGO) test $(PROJECT) --no-fail-fast

test-aarch64: ## run all tests on aarch64, emulated (needs `make cross-setup` once)
	scripts/cross-test.sh aarch64 $(ARGS)

test-riscv64: ## run all tests on riscv64, emulated
	scripts/cross-test.sh riscv64 $(ARGS)

test-all: test test-aarch64 test-riscv64 diff-isa ## run all tests on all three instruction sets, and compare those

test-emulated: ## run the part of the emulated tests that every change must pass
	scripts/cross-test.sh aarch64 $(EMULATED_PART)
	scripts/cross-test.sh aarch64 -p iwasm --lib
	scripts/cross-test.sh riscv64 $(EMULATED_PART)
	scripts/cross-test.sh riscv64 -p iwasm --lib
	scripts/cross-diff.sh

diff-isa: ## compare what generated sets of modules do on the three instruction sets
	scripts/cross-diff.sh $(SETS)

night: ## compare compiled code with the interpreter for SECONDS (3600), and write that down in docs/ledger.jsonl
	$(CARGO) build $(PROJECT) --bin night
	$(TARGET)/release/night run --seconds $(or $(SECONDS),3600) --ledger docs/ledger.jsonl $(ARGS)

night-emulated: observers ## the same for CALLS (100000) on aarch64 and on riscv64
	$(CARGO) build $(PROJECT) --bin night
	$(TARGET)/release/night run --isa aarch64 --calls $(or $(CALLS),100000) --ledger docs/ledger.jsonl $(ARGS)
	$(TARGET)/release/night run --isa riscv64 --calls $(or $(CALLS),100000) --ledger docs/ledger.jsonl $(ARGS)

faults: ## plant every known fault, want each found within SECONDS (600), and write that down
	$(CARGO) build $(PROJECT) --bin night
	$(TARGET)/release/night faults --seconds $(or $(SECONDS),600) --ledger docs/ledger.jsonl $(ARGS)

hostile: ## load LOADS (10000000) hostile artifacts, and write that down
	$(CARGO) build $(PROJECT) --bin night --bin hostile
	$(TARGET)/release/hostile --loads $(or $(LOADS),10000000) --threads 2 $(ARGS) > $(TARGET)/hostile.json
	$(TARGET)/release/night add hostile --ledger docs/ledger.jsonl < $(TARGET)/hostile.json

fuzz: ## fuzz one body with coverage, BODY (artifact_structured), for SECONDS (60); needs cargo-fuzz and a nightly Rust
	cd tests/fuzz && $(CARGO) +nightly fuzz run $(or $(BODY),artifact_structured) -- -max_total_time=$(or $(SECONDS),60)

c-fuzz: build library ## call the C library in SEQUENCES (100000) random sequences from SEED (1), with sanitizers
	TARGET="$(TARGET)" SEQUENCES=$(SEQUENCES) SEED=$(SEED) scripts/c-fuzz.sh

reliability: ## make docs/reliability.md from docs/ledger.jsonl
	$(CARGO) build $(PROJECT) --bin night
	$(TARGET)/release/night report

observers: ## build what runs artifacts for aarch64 and riscv64 here, for `wamrc diff --target` and `make night-emulated`
	scripts/cross-observers.sh

cross-setup: ## make this Debian machine able to build for aarch64 and riscv64 and to run that
	scripts/cross-setup.sh

spec: ## run the WebAssembly specification's test suite alone
	$(CARGO) test $(PROJECT) --test spec

apps: build ## run the corpus's real programs, show times; ARGS=app/ for those of that name
	$(CARGO) run --quiet --release -p tests --bin apps -- $(ARGS)

lint: ## check formatting, and clippy with warnings as errors
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(PROJECT) --all-targets -- -D warnings
	$(CARGO) clippy --release -p iwasm-cli --no-default-features -- -D warnings
	$(CARGO) clippy --release -p iwasm-cli --no-default-features --features wasi -- -D warnings
	$(CARGO) clippy --release -p wamrc-cli --no-default-features -- -D warnings
	$(CARGO) clippy --release -p iwasm-c-api --no-default-features -- -D warnings
	$(CARGO) clippy --release -p iwasm-c-api --no-default-features --features wasi -- -D warnings
	$(CARGO) clippy --release -p iwasm-c-api --no-default-features --features standard -- -D warnings

lint-bench: ## the same for the benchmark (builds wasmtime)
	$(CARGO) clippy --release -p bench --all-targets -- -D warnings

bench: build ## compare with wasmtime, other engines and native code, to target/bench/report.html; ARGS=--help tells more
	$(CARGO) build --release -p bench
	$(TARGET)/release/bench $(ARGS)

samples: build ## compile and run every sample
	$(foreach name,$(SAMPLES),@echo "== $(name)"$(newline)$(call sample,$(name)))

samples-wasm: ## rebuild the samples' checked-in .wasm from C (needs clang, lld, wasi-libc)
	scripts/samples-wasm.sh

fmt: ## format the sources
	$(CARGO) fmt --all

clean: ## remove everything that was built
	$(CARGO) clean

define newline


endef
