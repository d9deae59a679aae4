# The commands of this repository. `make help` lists them; each does the set-up it needs (Python >= 3.11, git, make).

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint format bench chaos clean
MAKEFLAGS += --no-print-directory

ARGS ?=
BIN := .venv/bin
STAMP := .venv/.set-up
# The tests take some twelve minutes of two cores, a third of it for breaking things; more than four would fight for one disk.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ "$$n" -gt 4 ] && echo 4 || echo "$$n")

# What runs long ends when make ends, even when make is killed; it replaces the shell, so a Ctrl-C or SIGTERM finds it.
TIED = exec $(BIN)/python -I -S service/dev/foreground.py $$PPID SIGTERM ''

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## Install everything into .uv/ and .venv/ of this folder

$(STAMP): pyproject.toml uv.lock .ci/setup
	@.ci/setup
	@touch $(STAMP)

demo: $(STAMP) ## A city on this machine: detections come in, phones ring, officers answer (ARGS="--port 8000 ...")
	@$(TIED) $(BIN)/beatline demo $(ARGS)

test: $(STAMP) ## Every test, on a real PostgreSQL and a real Valkey (ARGS="-k escalation")
	$(TIED) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: test lint ## Format, lint, types, import arrows and tests: what CI asks

lint: $(STAMP) ## `check` without the tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict .
	$(BIN)/hadolint docker/Dockerfile

format: $(STAMP) ## Let ruff mend what it can
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(STAMP) ## The figures of BENCHMARKS.md, measured on this machine
	@$(TIED) $(BIN)/python tests/bench/run.py $(ARGS)

chaos: $(STAMP) ## The promises of RELIABILITY.md while things break, with a table (ARGS="r06 --runs 3")
	@$(TIED) $(BIN)/python tests/chaos/main.py $(ARGS)

clean: ## Remove everything that these commands have made, the demo's data included
	rm -rf .venv .uv .data build dist *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
