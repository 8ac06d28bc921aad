#!/usr/bin/env bash
# Everything a machine can say about the code without running the tests. All steps run; the first failure is the exit status.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
step() {
  printf '== %s\n' "$*"
  "$@" || { failed=1; printf '   failed: %s\n' "$*"; }
}
step ruff check .
step ruff format --check .
step mypy
step lint-imports
step python -m pytest -q -p no:cacheprovider tests/test_sizes.py
step python -m loupe._dev.generate --check
step loupe validate --no-data sessions/*.toml
exit "$failed"
