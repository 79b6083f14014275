#!/usr/bin/env bash
# Sends generated requests, right and wrong, to every endpoint that /openapi.json of the built binary describes, and checks the
# answers against the description. The same seed makes the same requests. With `auth` they are those of a user, bob, beside whom there is
# another, alice: he names what is hers, and may neither see nor change any of it. With `agents` so are these, and they are only those of
# MCP, A2A and UI components. Usage: fuzz-api.sh [SECONDS [SEED [auth|agents]]]
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
seconds=${1:-240}
seed=${2:-1}
users=${3:-}
base=${LGX_TEST_PYTHON:-python3}
venv=$root/target/fuzz-env

# The project's graphs run in the environment of the fuzzer, which has what both need.
if ! cmp -s tests/fuzz-requirements.txt "$venv/installed.txt"; then
  rm -rf "$venv"
  "$base" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/fuzz-requirements.txt
  cp tests/fuzz-requirements.txt "$venv/installed.txt"
fi
cargo build --quiet -p lgx-cli --bin lgx

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -R tests/projects/fixtures "$folder/project"
# Goes on until its recursion limit, which may be any number.
sed -i.whole 's|"loop": "./src/loop.py:graph", ||' "$folder/project/langgraph.json"
if [ -n "$users" ]; then
  # The example that users read is what guards alice.
  sed -n '/^```python$/,/^```$/p' docs/auth.md | sed -n '2,/^```$/p' | sed '$d' > "$folder/project/auth.py"
  sed -i.open '1s|^{|{"auth": {"path": "./auth.py:auth"}, |' "$folder/project/langgraph.json"
fi
mkfifo "$folder/stdout"
target/debug/lgx dev --config "$folder/project/langgraph.json" --port 0 --no-browser --no-reload \
  --python "$venv/bin/python" --ready-file "$folder/ready" > "$folder/stdout" 2> "$folder/stderr" &
server=$!
trap 'kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; rm -rf "$folder"' EXIT
exec 3< "$folder/stdout"
while read -r -t 120 line <&3; do
  case $line in *'"event":"ready"'*) break ;; esac
done
cat <&3 > /dev/null &
url=$(cat "$folder/ready")

# Streams of a thread go on until the client leaves.
only=(--exclude-path '/threads/{thread_id}/stream' --exclude-path '/threads/{thread_id}/stream/events')
as_whom=()
if [ "$users" = agents ]; then
  export LGX_FUZZ_AGENTS=1
  only=(--include-path-regex '^/(mcp|a2a|ui|[.]well-known)(/|$)')
fi
if [ -n "$users" ]; then
  "$venv/bin/python" tests/fuzz_two_users.py make "$folder/alice.json" "$url"
  export LGX_FUZZ_ALICE=$folder/alice.json LGX_FUZZ_SEEN=$folder/seen.txt
  as_whom=(--header "Authorization: Bearer bob-token")
fi
# In the folder, so that it neither finds what an earlier run left nor leaves anything.
code=0
(cd "$folder" && PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/tests SCHEMATHESIS_HOOKS=fuzz_api_hooks "$venv/bin/st" --config-file "$root/tests/fuzz-api.toml" run "$url/openapi.json" \
  --seed "$seed" --max-time "$seconds" "${only[@]}" ${as_whom[@]+"${as_whom[@]}"}) || code=$?
if ! kill -0 "$server" 2> /dev/null; then
  echo "the server is gone; it said:" >&2
  tail -50 "$folder/stderr" >&2
  exit 1
fi
if [ -n "$users" ]; then
  "$venv/bin/python" tests/fuzz_two_users.py compare "$folder/alice.json" "$url" || code=1
  if [ -s "$folder/seen.txt" ]; then
    echo "bob has seen what is alice's:" >&2
    cat "$folder/seen.txt" >&2
    code=1
  fi
fi
exit "$code"
