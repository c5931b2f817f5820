# The two commands: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test ui lint types format audit clean help

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/.installed  ## install, then run the whole graph with the embedded default
	@$(BIN)/tg run

test: $(VENV)/.installed-dev  ## install what tests need, then run them
	@$(BIN)/python -m pytest -n 3 --dist loadfile

ui: $(VENV)/.installed  ## open Dagster on the instance that `make demo` filled
	@$(BIN)/tg ui

lint: $(VENV)/.installed-dev  ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev  ## mypy, strict
	@$(BIN)/mypy

format: $(VENV)/.installed-dev  ## apply ruff's fixes and format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

audit: $(VENV)/bin/python  ## pip-audit over constraints.txt, where its database can be reached
	@$(BIN)/python -m docs.audit_constraints

clean:  ## remove the environment and the demo's galaxy
	rm -rf $(VENV) .venv-audit galaxy

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing into $(VENV); torch alone takes some minutes."
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@
