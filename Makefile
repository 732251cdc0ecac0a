# `make` alone lists the tasks; the text behind ## is what it prints.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

# The first Python here that was built with its optimisations, as distributions build theirs: on
# what `pyenv install` builds without them W1 is a tenth slower. PYTHON=... chooses another.
OPTIMISED := import ensurepip, sys, sysconfig; told = sysconfig.get_config_var("CONFIG_ARGS") or ""; sys.exit(sys.version_info < (3, 11) or not (sys.executable.startswith("/usr/bin/") or "--enable-optimizations" in told))
PYTHON ?= $(shell for found in python3 /usr/bin/python3; do if $$found -c '$(OPTIMISED)' 2>/dev/null; then echo $$found; exit; fi; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help venv demo broker test check simulate mutants-of-rules bench faults mutants format docs lock clean

help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(READY) ## Make the Python environment in .venv (silent when it is up to date)
	@:

# The editable install is one path entry, so only the two files that name packages make it stale.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "flowmart-streams needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@echo "Making the Python environment in $(VENV) with $(PYTHON) (about half a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: venv ## Run the whole marketplace here; ORDERS=n places n orders, waits for their ends and judges
	@$(BIN)/python -m simulator.demo $(if $(ORDERS),--orders $(ORDERS))

broker: venv ## Run Apache Kafka in the foreground; ARGS='--port 9092 --data-dir var/kafka' to keep its data
	@$(BIN)/python -m broker start $(ARGS)

# What needs no Kafka shares the cores; what does has the machine to itself, for it watches the clock.
KAFKA := kafka or own_broker
test: venv ## Run every test, on real Kafka; ARGS='tests/engine -k lane' for some
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@$(BIN)/python -m pytest -m 'not ($(KAFKA))' -n logical --dist worksteal && ended=0 || ended=$$?; \
	  $(BIN)/python -m pytest -m '$(KAFKA)' && exit $$ended
endif

check: venv ## Run what CI runs: format, lint, types, import rules, generated files, tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m events schemas --check
	$(BIN)/python -m observability.dashboards --check
	$(BIN)/python -m gateway openapi --check
	@$(MAKE) --no-print-directory test

simulate: venv ## Run the whole shop in memory; SEEDS=n so many seeds, SEED=n this one alone
	@$(BIN)/python -m simulation run $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS))

mutants-of-rules: venv ## Break one rule after the other and see which law of the simulation notices
	@$(BIN)/python -m simulation mutants

bench: venv ## Run the benchmarks, each as ratios within one run; ARGS= is passed on
	@$(BIN)/python -m benchmarks $(ARGS)

faults: venv ## Hurt the engine in every way; DOSE=full for an hour, SEED=7, ARGS='kills zombies' for some rows
	@$(BIN)/python -m faults $(ARGS) --dose $(or $(DOSE),small) $(if $(SEED),--seed $(SEED))

mutants: venv ## Show that the checks can fail: break the engine's promises one by one; ARGS=no_marker for one
	@$(BIN)/python -m faults.mutants $(ARGS) $(if $(SEED),--seed $(SEED))

format: venv ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

docs: venv ## Write the generated schemas and documents anew
	@$(BIN)/python -m events schemas
	@$(BIN)/python -m observability.dashboards
	@$(BIN)/python -m gateway openapi

lock: $(VENV)/lock ## Choose dependency versions anew: requirements.lock; ARGS=--upgrade moves them all
	@$(VENV)/lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --quiet $(ARGS) --output-file requirements.lock

# The compiler lives apart, so that it is not itself something to lock.
$(VENV)/lock:
	@$(PYTHON) -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check uv

clean: ## Remove the environment and everything that tools and runs left behind
	@rm -rf $(VENV) build dist var *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
