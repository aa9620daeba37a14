# A machine with python3 (3.11 or later, with venv) and make is enough: everything else is brought into .venv.
# Packages come from whatever index the environment configures; no host is named in this repository.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
UV := scripts/uv.sh
COMPILE := $(UV) pip compile --quiet --generate-hashes --no-annotate --no-header --universal --python-version 3.11
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check fuzz bench texts format lock clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null \
	  || grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST)

setup: $(STAMPS)/dev ## bring the locked tools and libraries into .venv

demo: $(STAMPS)/demo ## start a sample organization and play the tour in the terminal
	@$(BIN)/python demo/tour.py $(ARGS)

test: $(STAMPS)/dev ## run all tests with real parts (ARGS="-k name" chooses)
	@scripts/install-test-parts.sh
	@$(BIN)/pytest $(ARGS)

check: $(STAMPS)/dev ## lint, format, types, import contracts
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo 'some files are not formatted: run "make format"' >&2; exit 1; }
	@MYPYPATH=tests $(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > $(STAMPS)/contracts.log || { cat $(STAMPS)/contracts.log; exit 1; }
	@grep '^Contracts:' $(STAMPS)/contracts.log

fuzz: $(STAMPS)/dev ## hold policy decisions against the evaluator from the documents (ARGS="--pairs 1000000 --seed 1")
	@PYTHONPATH=tests $(BIN)/python -m policy.reference.fuzz $(ARGS)

bench: $(STAMPS)/dev ## measure speed and size beside peers, write bench/RESULTS.md
	@$(BIN)/python bench/run.py $(ARGS)

texts: $(STAMPS)/dev ## bring the catalogues of sentences for people up to date
	@$(BIN)/python scripts/texts.py

format: $(STAMPS)/dev ## rewrite the code in the one layout and fix what the linter can fix
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

lock: $(STAMPS)/tools ## write the lock files again (ARGS=--upgrade for newer versions)
	@echo uv | $(COMPILE) $(ARGS) - --output-file requirements/tools.lock
	@$(COMPILE) $(ARGS) pyproject.toml --group dev --output-file requirements/dev.lock
	@$(COMPILE) $(ARGS) pyproject.toml --constraints requirements/dev.lock --output-file requirements/runtime.lock
	@printf 'awscli\nboto3\nhttpx\n' | $(COMPILE) $(ARGS) pyproject.toml - --constraints requirements/dev.lock --output-file requirements/demo.lock

clean: ## remove .venv, caches and what demo and bench left
	@rm -rf $(VENV) .demo .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find src tests demo bench -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(STAMPS)/venv:
	@scripts/make-venv.sh $(PYTHON) $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/tools: requirements/tools.lock | $(STAMPS)/venv
	@echo 'bringing uv into $(VENV)'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.lock
	@touch $@

$(STAMPS)/dev: requirements/dev.lock pyproject.toml $(STAMPS)/tools
	@echo 'bringing the locked development environment into $(VENV)'
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes requirements/dev.lock
	@$(UV) pip install --quiet --no-deps --editable .
	@touch $@ $(STAMPS)/demo

# The demo needs no test tools. Where they are already there, the stamp above is newer and this does nothing.
$(STAMPS)/demo: requirements/demo.lock pyproject.toml $(STAMPS)/tools
	@echo 'bringing the server and the AWS CLI into $(VENV)'
	@$(UV) pip install --quiet --require-hashes -r requirements/demo.lock
	@$(UV) pip install --quiet --no-deps --editable .
	@touch $@
