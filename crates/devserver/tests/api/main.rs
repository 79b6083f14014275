//! The HTTP API against a fake worker: every endpoint, with right and wrong input, as clients see it.
#![allow(
    clippy::unwrap_used,
    clippy::similar_names,
    reason = "a test that cannot go on says so by panicking"
)]

mod bodies;
mod steps;

mod a2a;
mod assistant_changes;
mod assistant_runs;
mod assistants;
mod auth;
mod blocked_workers;
mod crons;
mod database;
mod dead_workers;
mod disk;
mod drain;
mod events;
mod first_start;
mod in_process_client;
mod instances;
mod items;
mod many_clients;
mod mcp;
mod meta;
mod metrics;
mod mounted;
mod notices;
mod own_app;
mod production;
mod relay;
mod reload;
mod rows_behind;
mod runs;
mod security;
mod several_workers;
mod shutdown;
mod state;
mod studio;
mod surviving_runs;
mod thread_lives;
mod threads;
mod traces;
mod truncate;
mod ui;
mod values;
mod wake_ups;
mod webhooks;
mod wrong_methods;
