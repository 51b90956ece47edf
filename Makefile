# Every target sets up what it needs on a machine that has only Python 3.11+, make and git.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

export VIRTUAL_ENV := $(CURDIR)/$(VENV)

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick lint bench soak accuracy lock clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## the environment of this checkout, from hashed requirement files

$(BIN)/uv: requirements/uv.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt

$(VENV)/.ready: $(BIN)/uv requirements/dev.txt pyproject.toml
	$(BIN)/uv pip sync --quiet --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: setup ## two virtual athletes through the whole line: make demo ARGS="--athletes 2"
	@$(BIN)/ilium demo $(ARGS)

test: setup lint ## lint, types, import contracts and every test
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

quick: setup lint ## as test, without the slow tests
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow" $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## speed and memory against rivals in the same run
	$(BIN)/python -m benchmarks.bench $(ARGS)

soak: setup ## ten minutes with drops every 5 s on six virtual sensors, every gap accounted for
	$(BIN)/python -m benchmarks.soak $(ARGS)

accuracy: setup ## accuracy against truth and rivals, writes docs/accuracy.md
	$(BIN)/python -m benchmarks.accuracy $(ARGS)

lock: setup ## resolve the requirement files anew
	echo uv | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade - -o requirements/uv.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --upgrade pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --upgrade --all-extras --group dev pyproject.toml -o requirements/dev.txt

clean: ## remove the environment and everything built
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache benchmarks/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
