# Two commands are enough: `make run` and `make test`. Both set up what they need.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/python -m uv
# Three files at a time on two cores: most tests wait. Those that start whole systems come first (tests/conftest.py).
PYTEST := PYTHONHASHSEED=0 $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder
export UV_NO_PROGRESS := 1
# Without compiled bytecode every process compiles Rasa and the rest anew: ten seconds each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test test-all lint types unit chromium lock bench bench-nlu clean

setup: $(VENV)/.run
	@$(BIN)/sportello train >/dev/null

# --- environment ------------------------------------------------------------------------------------------------------

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || command -v python3 >/dev/null || { echo "Serve Python 3.11: installalo e riprova."; exit 1; }
	@P=$$(command -v $(PYTHON) || command -v python3); \
	$$P -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Serve Python 3.11, ma $$P è $$($$P -V). Indicalo con: make PYTHON=/percorso/python3.11"; exit 1; }; \
	$$P -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# The run set, then our own package, so that `sportello` is a command.
$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "installo le dipendenze"
	@$(UV) pip sync --quiet --python $(BIN)/python requirements/run.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

# The development set contains the run set.
$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "installo le dipendenze di sviluppo"
	@$(UV) pip sync --quiet --python $(BIN)/python requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

lock:
	@$(UV) pip compile --quiet --generate-hashes --python-version 3.11 --no-header pyproject.toml --extra setup -o requirements/run.txt
	@$(UV) pip compile --quiet --generate-hashes --python-version 3.11 --no-header pyproject.toml --extra setup --extra dev -o requirements/dev.txt

# --- use --------------------------------------------------------------------------------------------------------------

run: $(VENV)/.run
	@exec $(BIN)/sportello run

# --- checks -----------------------------------------------------------------------------------------------------------

test: lint types unit

lint: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.dev
	@$(BIN)/mypy

# The browser tests need it; without it they are skipped and say so.
chromium:
	@if [ -n "$$SPORTELLO_CHROMIUM" ] || command -v chromium google-chrome >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installo Chromium per le prove delle pagine"; \
	  { timeout 120 apt-get -qq update; DEBIAN_FRONTEND=noninteractive timeout 600 apt-get -qq install --no-install-recommends \
	    chromium fonts-dejavu-core; } >/dev/null 2>&1 </dev/null; \
	fi; \
	command -v chromium >/dev/null || echo "Chromium non c'è: le prove delle pagine nel browser sono saltate."

# What takes minutes and guards against rare things is left to `make test-all`.
unit: $(VENV)/.dev chromium
	@$(BIN)/sportello train >/dev/null
	@$(PYTEST) -m "not long"

test-all: lint types chromium
	@$(BIN)/sportello train >/dev/null
	@$(PYTEST)

bench: $(VENV)/.dev
	@$(BIN)/python -m bench

bench-nlu: $(VENV)/.dev
	@$(BIN)/python -m bench.nlu

clean:
	rm -rf var .mypy_cache .ruff_cache .pytest_cache
