# Loupe, from a bare machine: `make demo` sets up and shows it, `make test` sets up and tests it.
# PYTHON=python3.12 picks another interpreter.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup demo test check soak bench compat docs constraints clean

help:  ## list what there is
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup:  ## make .venv ready (nothing to do when it is)
	@PYTHON="$(PYTHON)" scripts/setup.sh

demo: setup  ## write the demo recording and open it; without a display, draw it to out/demo.png
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/demo.sh

test: setup  ## pass the tests
	@$(BIN)/python scripts/run_tests.py

check: setup  ## lint, types, floors, module sizes, generated files, sessions
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/check.sh

soak: setup  ## the same tests with their full counts (hours)
	@LOUPE_SOAK=1 $(BIN)/python scripts/run_tests.py --soak

bench: setup  ## measure everything, into out/bench
	@if [ -n "$$DISPLAY" ]; then $(BIN)/python -m benchmarks; \
	else xvfb-run -a -s "-screen 0 1600x1840x24" $(BIN)/python -m benchmarks; fi

compat: setup  ## the tests on every Python found, on the lowest and newest versions, and the wheel
	@$(BIN)/python scripts/compat.py

docs: setup  ## build the documentation into site/, warnings are errors
	@$(BIN)/python -m sphinx -W --keep-going -n -q -b html docs site
	@echo "site/index.html"

constraints: setup  ## freeze the tested versions anew (needs pythons 3.11, 3.12 and 3.13)
	@$(BIN)/python scripts/freeze.py

clean:  ## remove what was made, the environment and the demo data too
	rm -rf .venv out site build dist sessions/data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find loupe tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
