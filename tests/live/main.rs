//! Live tests: the real binary, a real Python, real clients; each file is one subject.

mod a2a;
mod activation;
mod auth;
mod blocking;
mod check;
mod ci_script;
mod deaths;
mod differential;
mod disk;
mod durability;
mod embeddings;
mod errors;
mod exec;
mod failures;
mod foreign_threads;
mod graph;
#[cfg(target_os = "linux")]
mod idle;
mod javascript;
mod javascript_loading;
mod javascript_places;
mod javascript_streams;
mod kept_records;
mod keys;
mod left_runs;
mod load_timeout;
mod mcp;
mod mixed;
mod oauth;
#[cfg(target_os = "linux")]
mod orphans;
mod output;
mod own_app;
mod processes;
mod recorded_calls;
mod recorded_sdks;
mod refusal;
mod reload;
mod reset;
mod resumable_streams;
mod run_command;
mod run_command_asks;
mod sdk;
mod sdk_js;
mod security;
mod several_workers;
mod shared_sources;
#[cfg(target_os = "linux")]
mod spare;
mod status;
mod strict_start;
mod stubborn_runs;
mod studio;
mod studio_build;
mod template_recordings;
mod templates;
mod templates_javascript;
mod terminal;
#[cfg(target_os = "linux")]
mod torture;
mod traces;
mod tutorial;
mod ui;
mod watching;
mod webhooks;
mod worker;
