# The commands of the project. Each one sees to its own set-up through scripts/setup.
.DEFAULT_GOAL := help
.PHONY: help demo test check format-check lint docs bench bless build

SHELL := /bin/bash

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

demo: ## a company's day in your terminal, without Kafka (ARGS=--once: at full speed, then end)
	@scripts/setup build
	@cargo run -- demo $(ARGS)

build: ## the program, in target/debug
	@scripts/setup build
	@cargo build

test: ## every test, those on a real Kafka broker too (ARGS: a filter)
	@scripts/setup
	@scripts/kafka jars >/dev/null
	cargo test --no-fail-fast $(ARGS)

check: format-check lint docs test ## what a commit must pass: format, clippy, docs, test

format-check: ## is the code formatted?
	cargo fmt --check

lint: ## clippy, warnings are errors
	@scripts/setup build
	cargo clippy --all-targets -- -D warnings

docs: ## the crate's documentation, warnings are errors
	@scripts/setup build
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --lib

bench: ## the full benchmarks, optimised, on a real Kafka broker (ARGS: which)
	@scripts/setup
	@scripts/kafka jars >/dev/null
	cargo bench $(ARGS)

bless: ## write transcripts, golden texts and what documents show anew; read the diff afterwards
	@scripts/setup build
	BLESS=1 cargo test --no-fail-fast --lib --test scenarios --test kinds_page --test documents $(ARGS)
