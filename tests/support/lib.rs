//! What the live tests stand on: the `lgx` binary, a Python environment, copies of projects, running servers, HTTP.

#[cfg(target_os = "linux")]
mod alive;
mod balancer;
mod binary;
mod browser;
mod debug_client;
#[cfg(target_os = "linux")]
mod editing;
mod http;
mod identity_provider;
mod in_time;
mod inspector_client;
mod lines;
mod mixed_load;
mod model_provider;
mod named_pipe;
mod node;
mod offline;
mod person;
mod processes;
mod project;
mod python;
mod random;
mod server;
mod suite;
mod terminal;
#[cfg(target_os = "linux")]
mod torture;

#[cfg(target_os = "linux")]
pub use alive::Alive;
pub use balancer::Balancer;
pub use binary::{lgx, profile_dir, workspace_root};
pub use browser::{chromium, why_no_browser};
pub use debug_client::DebugClient;
#[cfg(target_os = "linux")]
pub use editing::{Answered, Editing, EditingSummary};
pub use http::{Answer, Client, Event, Events, Reply};
pub use identity_provider::IdentityProvider;
pub use in_time::{EndsInTime, end_in_time, output_in_time};
pub use inspector_client::InspectorClient;
pub use lines::Lines;
pub use mixed_load::{Ends, MixedLoad, RunEndKind, RunKind, STEPS};
pub use model_provider::{ModelAnswer, ModelProvider, ModelRequest};
pub use named_pipe::NamedPipe;
pub use node::{node_env, why_no_node};
pub use offline::offline;
pub use person::AtTerminal;
pub use processes::descendants as processes_below;
pub use project::Project;
pub use python::{
    PythonEnv, a2a_env, agents_env, debug_env, mcp_env, oldest_env, packages_env, python_env,
    record_env, templates_env,
};
pub use random::Random;
pub use server::DevServer;
pub use suite::{
    run_bare_node_suite, run_browser_suite, run_browser_suite_alone, run_node_suite, run_suite,
    run_suite_in,
};
pub use terminal::Terminal;
#[cfg(target_os = "linux")]
pub use torture::{Summary, Torture};
