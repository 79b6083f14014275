//! Reads langgraph.json: parses it, checks it, resolves its paths, and says exactly where anything is wrong.
//!
//! [`load`] is the way in. It neither reads nor changes the environment of the process and never runs user code; what it finds
//! wrong comes back as [`Problem`]s, all at once, each with the line it is about.

mod allowed_host;
mod auth;
mod auth_openapi;
mod checkpointer;
mod config;
mod dependencies;
mod deployment;
mod depth;
mod document;
mod dotenv;
mod environment;
mod example;
mod graphs;
mod header_patterns;
mod http;
mod image_keys;
mod keys;
mod load;
mod node_range;
mod package_json;
mod plain_file;
mod problem;
mod record;
mod report;
mod section;
mod store;
mod suggest;
mod target;
mod ui;
mod webhooks;
mod written;

pub use allowed_host::{AllowedHost, AllowedHostError};
pub use config::{
    Auth, AuthCache, Config, Cors, DisabledRoutes, Embed, Graph, Http, HttpApp, ItemTtl, Record,
    Source, Store, StoreIndex, Target, ThreadTtl, TtlStrategy, Ui, UiComponents, UrlPolicy,
    Webhooks,
};
pub use deployment::what_a_deployment_refuses;
pub use example::{Example, ExampleVariable};
pub use header_patterns::{HeaderPatterns, holds_credentials};
pub use image_keys::{ImageKeys, KeptTools, PipInstaller, UvSource};
pub use lgx_model::{Runtime, Version};
pub use load::{LoadError, Loaded, load};
pub use node_range::NodeRange;
pub use plain_file::{Unreadable, read_plain_file, special_kind};
pub use problem::{Excerpt, Lack, Problem, Severity};
pub use suggest::nearest;
pub use written::{Written, line_of, written_dependencies};
