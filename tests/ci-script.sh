#!/usr/bin/env bash
# What a CI job does with lgx: scaffold, serve, wait until ready, ask, stop; every exit code is looked at.
# LGX is the binary; it runs in an empty folder of its own.
set -euo pipefail

fail() { echo "ci-script.sh: $*" >&2; exit 1; }
expect_exit() {
  local expected=$1 code=0
  shift
  "$@" > output.txt 2>&1 || code=$?
  [ "$code" -eq "$expected" ] || { cat output.txt >&2; fail "'$*' exited with $code, not $expected"; }
}

# Mistakes are exit code 1, or 2 when the command line itself is wrong; nothing is left behind.
expect_exit 2 "$LGX" dev --no-such-flag
expect_exit 1 "$LGX" new chatbot --template no-such-template
grep -q new-langgraph-project-python output.txt || fail "an unknown template does not name the ones there are"
expect_exit 1 "$LGX" new chatbot < /dev/null
[ ! -e chatbot ] || fail "a failed 'lgx new' left something behind"
expect_exit 1 "$LGX" dev --no-browser --config nowhere/langgraph.json
grep -q nowhere/langgraph.json output.txt || fail "a missing config is not named"

# Scaffold.
expect_exit 0 "$LGX" new chatbot --template new-langgraph-project-python
[ -f chatbot/src/agent/graph.py ] || fail "the project has no graph"
expect_exit 1 "$LGX" new chatbot --template new-langgraph-project-python
"$LGX" new --list --json > templates.json
grep -q '"custom-auth-python"' templates.json || fail "the list of templates lacks one"
cd chatbot

# Serve; the ready line on stdout comes when the server answers.
mkfifo ready.pipe
"$LGX" dev --no-browser --port 0 --ready-file ready.url > ready.pipe 2> server.log &
server=$!
trap 'kill "$server" 2> /dev/null || true' EXIT
exec 3< ready.pipe
read -r ready <&3 || { cat server.log >&2; fail "the server ended before it was ready"; }
url=$(cat ready.url)
case $ready in *"$url"*) ;; *) fail "the ready line '$ready' and the ready file '$url' differ" ;; esac

# Ask.
ask() { curl --silent --show-error --fail --max-time 60 --noproxy '*' "$@"; }
ask "$url/ok" > /dev/null
ask "$url/ok?ready=1" > /dev/null
thread=$(ask -X POST "$url/threads" -d '{}' | sed 's/.*"thread_id":"\([^"]*\)".*/\1/')
question='{"assistant_id":"agent","input":{"messages":[{"role":"user","content":"is anyone there?"}]}}'
ask -X POST "$url/threads/$thread/runs/wait" -d "$question" > answer.json
grep -q 'is anyone there?' answer.json || fail "no answer: $(cat answer.json)"
ask "$url/threads/$thread/state" | grep -q 'is anyone there?' || fail "the thread has forgotten"
stream='{"assistant_id":"agent","input":{"messages":[{"role":"user","content":"stream"}]},"stream_mode":["updates"]}'
ask -N -X POST "$url/runs/stream" -d "$stream" | grep -q '^event: updates' || fail "no event was streamed"

# A second server on the same port is told so.
port=${url##*:}
expect_exit 1 "$LGX" dev --no-browser --port "$port" --state-dir second
grep -q "$port" output.txt || fail "the taken port is not named"
grep -q -- --port output.txt || fail "the flag that helps is not named"

# Stop.
kill -TERM "$server"
code=0
wait "$server" || code=$?
trap - EXIT
[ "$code" -eq 0 ] || { cat server.log >&2; fail "the server stopped with exit code $code"; }
[ ! -e ready.url ] || fail "the ready file is still there"
[ -f .lgx/.gitignore ] || fail "the state folder does not ignore itself"
echo "all is well"
