# The few commands people type; CI types the same. Needs Python 3.11 or newer and make, nothing else.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PYTHON ?= $(shell for name in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	"$$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
	>/dev/null 2>&1 && { command -v "$$name"; break; }; done)
ARGS   ?=

.PHONY: help setup format lint types walls test cover check prove demo bench lock image

help: ## Show this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | while IFS="$$(printf '\t')" \
	read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

setup: $(READY) ## A virtual environment with everything; git hooks where pre-commit is installed
	@if test -d .git && command -v pre-commit >/dev/null; then pre-commit install; fi

# Done once; again when the lock or the package's own definition changes. The lock is complete: pip
# has nothing to resolve, and pip 23 refuses an extra of a locked package once a newer one is out.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { \
	  echo "notifier needs Python 3.11 to 3.14 with venv: install one (Debian: apt-get install python3 python3-venv) or name it, as in 'make $(MAKECMDGOALS) PYTHON=/path/to/python3.12'." >&2; exit 1; }
	@test -x $(BIN)/python || { echo "Creating $(VENV) with $(PYTHON)"; "$(PYTHON)" -m venv --clear $(VENV); }
	@echo "Installing the tested versions (once; a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

format: $(READY) ## Rewrite the code in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(READY) ## Style, likely bugs, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell .

types: $(READY) ## Types
	$(BIN)/mypy

walls: $(READY) ## Who may import whom
	$(BIN)/lint-imports

test: $(READY) ## All tests, also those that take minutes; ARGS="-k silence" for some
	$(BIN)/python -m pytest $(ARGS)

cover: $(READY) ## Tests, with the coverage that the core and the whole must keep
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not long" --cov --cov-report= $(ARGS)
	$(BIN)/coverage report --include='notifier/core/*' --fail-under=100
	$(BIN)/coverage report --fail-under=95

check: lint types walls cover ## Everything CI runs

prove: $(READY) ## Kill the bot at every commit and call of a day: ten minutes, and a table
	$(BIN)/python -m tests.proof $(ARGS)

demo: $(READY) ## The whole bot on loopback; ARGS="--seconds 60" ends by itself
	$(BIN)/notifier demo $(ARGS)

bench: $(READY) ## Speed and size, as ratios within one run; ARGS="decode loop" for some
	$(BIN)/python -m benchmarks $(ARGS)

image: ## The container image
	docker build --tag notifier .

lock: $(READY) ## Choose the newest versions again, with their hashes
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --upgrade \
	  --custom-compile-command 'make lock' \
	  --output-file requirements.lock pyproject.toml
