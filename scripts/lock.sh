#!/bin/sh
# Rewrites the pinned requirements from pyproject.toml; hashes, and no index address, are written.
set -eu
cd "$(dirname "$0")/.."
python3 -m venv build/lock
build/lock/bin/pip install --quiet uv
lock() { build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate pyproject.toml "$@"; }
lock --output-file requirements/run.txt
lock --extra test --constraints requirements/run.txt --output-file requirements/test.txt
