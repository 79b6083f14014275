# What there is to do here; `just` alone lists it.
default:
    @just --list

# Formatting, lints and types, as CI wants them (makes a venv under target/ for the Python the first time)
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    tests/lint-python.sh

# Everything that needs no real interpreter
test:
    cargo test --workspace --exclude lgx-tests
    cargo test -p lgx-tests --test house
    just test-api 2

# The tests of the API with so many workers, where they do not say with how many: `just test-api 3 reload::`
test-api workers="1" *filter:
    LGX_TEST_WORKERS={{ workers }} cargo test -p lgx-devserver --test api -- {{ filter }}

# The real binary, a real Python, real clients (makes a venv under target/ the first time)
test-live *filter:
    cargo test -p lgx-tests --test live {{ filter }}

# The wheel, the npm packages and the installer, made of the built binary, installed and run
test-packages *filter:
    cargo test -p lgx-tests --test packages {{ filter }}

# What has to hold on every version of Node.js: the worker's tests, the compiler's, and those that load projects
test-node *versions="20 22 24 26":
    tests/node-versions.sh {{ versions }}

# Kill the server some hundred times under load, and verify that nothing is lost that it acknowledged: `just torture --seed 7 --kills 50`
torture *flags:
    cargo run --release -p lgx-tests --example torture -- kill {{ flags }}

# Kill, freeze and drain instances on one Postgres, which falls now and then, and verify that nothing is lost that they acknowledged
torture-instances *flags:
    cargo run --release -p lgx-tests --example torture -- instances {{ flags }}

# Edit the project of a server a thousand times under load, half of the edits broken, and verify that no client notices
torture-reload *flags:
    cargo run --release -p lgx-tests --example torture -- edit {{ flags }}

# Operations by chance on both backends of the store and on a model of it, and races on Postgres, so many of each: `just torture-store 1000 7`
torture-store cases="500" seed="1":
    LGX_TEST_CASES={{ cases }} LGX_TEST_SEED={{ seed }} cargo test --release -p lgx-store --features postgres --test model
    LGX_TEST_CASES={{ cases }} LGX_TEST_SEED={{ seed }} cargo test --release -p lgx-store --features postgres --lib races

# Generated requests against every endpoint of the built binary, from a fixed seed (makes a venv under target/ the first time)
fuzz-api seconds="240" seed="1":
    tests/fuzz-api.sh {{ seconds }} {{ seed }}
    tests/fuzz-api.sh {{ seconds }} {{ seed }} auth
    tests/fuzz-api.sh {{ seconds }} {{ seed }} agents

# Build the page of Studio into crates/studio/dist, which is committed (needs Node 20.19 or newer)
studio:
    cd crates/studio/web && npm ci --ignore-scripts --no-audit --no-fund && npm run build && npm run weigh

# Serve the page from its sources, with changes at once, before a server that runs: `just studio-dev http://127.0.0.1:2024`
studio-dev url="http://127.0.0.1:2024":
    cd crates/studio/web && npm install --ignore-scripts --no-audit --no-fund && LGX_URL={{ url }} npm run dev

# The figures of docs/benchmarks.md; takes an interpreter that has langgraph (for --official tests/requirements.official.txt), needs wrk
bench python *flags:
    cargo build --release -p lgx-cli
    python3 tests/bench/side_by_side.py --python {{ python }} --lgx target/release/lgx {{ flags }}

# The same of graphs in TypeScript; needs wrk, and `npm ci` in tests/projects/bench-javascript
bench-javascript *flags:
    cargo build --release -p lgx-cli
    python3 tests/bench/javascript.py --lgx target/release/lgx {{ flags }}

# One thread of 1,000 checkpoints and 10,000 threads to search; takes an interpreter that has langgraph
bench-large python *flags:
    cargo build --release -p lgx-cli
    python3 tests/bench/large.py --python {{ python }} --lgx target/release/lgx {{ flags }}

# What recording runs takes of a worker; takes an interpreter that has langgraph, pytest and pytest-asyncio
bench-recording python *flags:
    {{ python }} tests/bench/recording.py {{ flags }}

# 1,000 streams of events, 1,000 WebSockets and 200 runs at a time; takes an interpreter that has langgraph
load python *flags:
    cargo build --release -p lgx-cli
    python3 tests/bench/load.py --python {{ python }} --lgx target/release/lgx {{ flags }}

# The hot paths by themselves: the store's operations, frames, the log of a run, requests; takes a part of their names
bench-micro *filter:
    cargo bench --bench operations --bench frames --bench live_log --bench requests -- {{ filter }}

# Ask an official server that serves a project of tests/projects for its answers to the scenarios, all of the fixtures or those of some files
record url *files:
    python3 tests/differential/record.py {{ url }} {{ files }}

# All that CI does
ci:
    .ci/run
