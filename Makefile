# `make` lists the targets. Everything lives in .venv; versions and hashes stand in the lock files.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RESOLVE := pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed (make PYTHON=python3.12 …)" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps -e .
	@touch $@

$(INSTALLED_DEV): requirements-dev.lock $(INSTALLED)
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: install
install: $(INSTALLED) ## install into .venv what running needs

.PHONY: run
run: $(INSTALLED) ## start everything on this machine with the demo's data; PORT=8000
	@exec $(BIN)/noinghe --data ./data-demo up --demo --port $(PORT)

.PHONY: test
test: $(INSTALLED_DEV) ## run all tests, the real Kafka and PostgreSQL included
	@$(BIN)/python -m infra.fetching
	$(BIN)/python -m pytest

.PHONY: check
check: $(INSTALLED_DEV) ## format, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/architecture

.PHONY: format
format: $(INSTALLED_DEV) ## put the code into the house's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(INSTALLED_DEV) ## measure, side by side with bare peers; prints the table of bench/README.md
	$(BIN)/python -m bench

.PHONY: bench-linkage
bench-linkage: $(INSTALLED_DEV) ## link made-up people by us and by others; ARGS="--people 1000000 --write"
	$(BIN)/python -m bench.linkage compare $(ARGS)

.PHONY: demo-data
demo-data: $(INSTALLED) ## write the demo's spreadsheets anew from its source
	$(BIN)/python -m services.demo

.PHONY: stack-up
stack-up: $(INSTALLED_DEV) ## run docker-compose.yml's services natively, on a real Kafka and PostgreSQL
	@$(BIN)/python -m infra.stack up

.PHONY: stack-down
stack-down: $(INSTALLED_DEV) ## stop what stack-up started
	@$(BIN)/python -m infra.stack down

.PHONY: catalogue
catalogue: $(INSTALLED) ## write the event catalogue and the AsyncAPI document into build/
	$(BIN)/python -m shared.contracts

.PHONY: lock
lock: $(INSTALLED_DEV) ## resolve the lock files anew from pyproject.toml
	$(PIP) install uv
	$(BIN)/uv $(RESOLVE) -o requirements.lock
	$(BIN)/uv $(RESOLVE) --group dev -o requirements-dev.lock
