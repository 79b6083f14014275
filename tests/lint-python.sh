#!/usr/bin/env bash
# Lints, formatting and types of the Python here, by ruff.toml and mypy.ini. Makes a venv under target/ the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
base=${LGX_TEST_PYTHON:-python3}
venv=target/lint-env
locks=(tests/requirements.lock tests/requirements.lint.lock)

# Made again when the locks or the interpreter change.
wanted=$("$base" --version && cat "${locks[@]}")
if [ "$wanted" != "$(cat "$venv/installed.txt" 2> /dev/null)" ]; then
  rm -rf "$venv"
  "$base" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${locks[@]/#/--requirement=}"
  echo "$wanted" > "$venv/installed.txt"
fi

# Each suppression says why: `# noqa: CODE - reason`, `# type: ignore[code] # reason`.
if git grep -nP '# noqa(?!: [A-Z0-9, ]+ - \S)|# type: ignore(?!\[[a-z, -]+\] +# (?!noqa)\S)' -- '*.py'; then
  echo "these suppressions have no reason" >&2
  exit 1
fi
"$venv/bin/ruff" check
"$venv/bin/ruff" format --check
"$venv/bin/mypy" --cache-dir target/mypy-cache
# Templates have modules of the same names, so each is checked by itself; what is not installed here has no types.
for template in agent deep-agent memory rag; do
  (
    mypy=$PWD/$venv/bin/mypy cache=$PWD/target/mypy-cache
    cd "templates/$template-python"
    MYPYPATH=src "$mypy" --cache-dir "$cache/$template" --python-version 3.11 --ignore-missing-imports src tests
  )
done
