# Every habit is one command: `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
BEHAVE := $(BIN)/behave

.DEFAULT_GOAL := help
.PHONY: help env bdd test lint types unit mock live mutants engine demo pact contract-check contract-release bench lock clean

help: ## list the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/.base: locks/dev.lock pyproject.toml
	@echo "==> making the environment in $(VENV) (about half a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "poolpact needs Python 3.11 or later; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

env: $(BIN)/.base ## make the environment

bdd: $(BIN)/.base ## run the behaviour suite against the embedded pool manager (needs nothing but Python)
	@$(BEHAVE) -D mode=embedded -D jobs=2

test: $(BIN)/.base ## run everything that CI runs
	@$(BIN)/python ci/checks.py

lint: $(BIN)/.base ## ruff, import-linter, and the check of the checks
	@$(BIN)/python ci/checks.py lint

types: $(BIN)/.base ## mypy --strict
	@$(BIN)/python ci/checks.py types

unit: $(BIN)/.base ## the tests of the reference and of the harness
	@$(BIN)/python ci/checks.py unit

mock: $(BIN)/.base ## run the suite against a mock pool manager
	@$(BEHAVE) -D mode=mock -D jobs=4

live: $(BIN)/.base ## run the suite against a real daemon
	@$(BEHAVE) -D mode=live -D jobs=3

mutants: $(BIN)/.base ## let the judge at every mutant, and write docs/mutants.md
	@$(BIN)/python -m tests.mutants.matrix

engine: $(BIN)/.base ## run the scenarios that need a real llama.cpp server
	@$(BIN)/python ci/checks.py engine

demo: $(BIN)/.base ## watch both daemons serve tokens from a real llama.cpp server
	@$(BIN)/python ci/install_engine.py
	@$(BIN)/python -m poolpact.demo

pact: $(BIN)/.base ## write the pact anew, from the tests of the client
	@$(BIN)/python -m pytest tests/pact -k 'not changes_no_byte'
	@$(BIN)/python -m tests.pact.written

contract-check: $(BIN)/.base ## hold the contract against the last released one: red on a break that its version does not announce
	@$(BIN)/python ci/contract.py check

contract-release: $(BIN)/.base ## copy the contract to contracts/released/VERSION; what is released is never overwritten
	@$(BIN)/python ci/contract.py release

bench: $(BIN)/.base ## measure the costs that the design promises
	@$(BIN)/python -m bench

lock: $(BIN)/.base ## renew the locks (hashes, no addresses)
	@$(BIN)/uv pip compile -q pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -o locks/dev.lock --upgrade
	@$(BIN)/python ci/extra.py engine | $(BIN)/uv pip compile -q - -c locks/dev.lock --no-annotate --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -o locks/engine.lock --upgrade

clean: ## remove the environment and the caches
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
