# Verbs: demo, test, check, bench, docs, clean. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

# Where pip knows a folder of wheels, uv shall too (it does not read pip's settings).
FIND_LINKS := $(shell python3 -m pip config get global.find-links 2>/dev/null || true)
export UV_FIND_LINKS ?= $(or $(PIP_FIND_LINKS),$(FIND_LINKS))
export UV_TORCH_BACKEND ?= cpu
# The tests and the demo never send usage data, and no server writes bytecode into someone's checkout.
export RASA_TELEMETRY_ENABLED := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONPATH
unexport VIRTUAL_ENV

MAIN := .venv
ASSISTANT := .venv-assistant
PY := $(MAIN)/bin/python

.PHONY: help demo test check bench docs clean install assistant lock

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

install: $(MAIN)/.ready $(ASSISTANT)/.ready ## make both environments

assistant: $(ASSISTANT)/.ready

$(MAIN)/.ready: requirements/main.lock setup.cfg pyproject.toml tools/install.sh
	@tools/install.sh main

$(ASSISTANT)/.ready: requirements/assistant.lock tools/install.sh
	@tools/install.sh assistant

$(MAIN)/.ready-dev: requirements/dev.lock setup.cfg pyproject.toml tools/install.sh
	@tools/install.sh dev

demo: install ## fill the demo shop, train, start everything, until Ctrl-C
	@exec $(MAIN)/bin/rapport demo --shop shops/demo

test: $(MAIN)/.ready-dev $(ASSISTANT)/.ready ## the whole suite
	@$(PY) tools/find_parts.py
	$(PY) -m pytest $(PYTEST_ARGS)

check: $(MAIN)/.ready-dev ## ruff and types
	@$(MAIN)/bin/ruff check .
	$(MAIN)/bin/ruff format --check .
	$(PY) -m mypy

bench: $(MAIN)/.ready-dev $(ASSISTANT)/.ready ## run the benchmarks and print their table
	@$(PY) -m benchmarks $(BENCH)

docs: $(MAIN)/.ready-dev ## build the documentation into docs/_build
	@$(PY) -m sphinx -q -W -b html docs docs/_build

lock: ## resolve the locks again
	@tools/lock.sh

clean: ## remove the environments and everything built; shops' var/ folders stay
	@rm -rf -- $(MAIN) $(ASSISTANT) .tools build dist docs/_build .pytest_cache .mypy_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
