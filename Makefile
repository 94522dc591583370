SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV ?= $(shell command -v uv || echo .venv/bin/uv)
RUN := $(UV) run --no-sync
FOLDER ?=
PARALLEL ?= --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder # see tests/conftest.py

.PHONY: help setup demo test systems drill corpus check build bench

help:  ## Show this list
	@awk -F ':.*##' '/^[a-z-]+:.*##/ {printf "  %-8s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready  ## Install Rungs in an environment of its own (needs Python 3.11, git and make)

.venv/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Rungs needs Python 3.11 or newer: make PYTHON=python3.12"; exit 2; }
	@test -d .venv || $(PYTHON) -m venv .venv
	@command -v "$(UV)" >/dev/null || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(UV) sync --quiet --locked --inexact
	@touch $@

demo: setup  ## Render level `continuous` into a new folder and run it, from training to healing drift
	@$(RUN) python -m rungs.demo $(FOLDER)

test: setup  ## Run every test (FAST=1: without those that take minutes)
	$(RUN) env -u VIRTUAL_ENV pytest -m "not drill and not corpus and not systems$(if $(FAST), and not slow)" $(PARALLEL)

systems: setup  ## Run the jobs of five CI systems on rendered projects, to green and to red (15 to 30 minutes; needs ci-runners)
	$(RUN) env -u VIRTUAL_ENV pytest -m systems $(PARALLEL)

drill: setup  ## Render level `continuous` and play its drill RUNS times (5 minutes each)
	$(RUN) env -u VIRTUAL_ENV pytest -m drill --runs=$(or $(RUNS),1)

corpus: setup  ## Apply 2,000 random sets of edits, move each project, and look for a lost line (5 minutes)
	$(RUN) env -u VIRTUAL_ENV pytest -m corpus

check: setup  ## Lint, check types, and compare built files with a fresh build
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) rungs build --check

build: setup  ## Write copier.yml and the generated docs
	$(RUN) rungs build

bench: setup  ## Measure how long a render takes (benchmarks/README.md says what else can be measured)
	$(RUN) python -m benchmarks.render
