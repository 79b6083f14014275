//! Every environment variable that the command line reads or changes; `docs/cli.md` has them for users.
//!
//! Others are read elsewhere: `BG_JOB_TIMEOUT_SECS` and those of OpenTelemetry by the server, out of the environment that the project's code
//! gets, since a project may set them; `NO_COLOR` and `CLICOLOR_FORCE` by anstream, which writes to the terminal.

/// The interpreter that runs the project's code.
pub(crate) const LGX_PYTHON: &str = "LGX_PYTHON";
/// The Node.js that runs the project's JavaScript.
pub(crate) const LGX_NODE: &str = "LGX_NODE";
/// What every start of Node.js is told besides.
pub(crate) const NODE_OPTIONS: &str = "NODE_OPTIONS";
/// Where Volta keeps versions of Node.js.
pub(crate) const VOLTA_HOME: &str = "VOLTA_HOME";
/// Where nvm does.
pub(crate) const NVM_DIR: &str = "NVM_DIR";
/// Where fnm does.
pub(crate) const FNM_DIR: &str = "FNM_DIR";
/// Where mise does.
pub(crate) const MISE_DATA_DIR: &str = "MISE_DATA_DIR";
/// Where asdf does.
pub(crate) const ASDF_DATA_DIR: &str = "ASDF_DATA_DIR";
/// Where nodenv does.
pub(crate) const NODENV_ROOT: &str = "NODENV_ROOT";
/// What lgx logs about itself, as a `tracing` filter (`debug`, `lgx_devserver=trace`).
pub(crate) const LGX_LOG: &str = "LGX_LOG";
/// `0`: installed modules are not imported ahead of the next change.
pub(crate) const LGX_SPARE: &str = "LGX_SPARE";
/// A folder with a build of Studio's page, served in place of the one in the binary.
pub(crate) const LGX_STUDIO_DIR: &str = "LGX_STUDIO_DIR";
/// What Studio opens files in; it gets `FILE:LINE`.
pub(crate) const LGX_EDITOR: &str = "LGX_EDITOR";
/// The editor a person prefers.
pub(crate) const VISUAL: &str = "VISUAL";
/// The same, of lesser terminals.
pub(crate) const EDITOR: &str = "EDITOR";
/// `0`: the models and tools that runs call are not recorded.
pub(crate) const LGX_TRACE: &str = "LGX_TRACE";
/// How many workers serve side by side, where `--workers` does not say.
pub(crate) const LGX_WORKERS: &str = "LGX_WORKERS";
/// Set by continuous integration services: no browser, no menus, no moving progress.
pub(crate) const CI: &str = "CI";
/// `true` where a workflow of GitHub runs this.
pub(crate) const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";
/// The file that a step of such a workflow adds its summary to.
pub(crate) const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// The repository in such a workflow: files are named from there.
pub(crate) const GITHUB_WORKSPACE: &str = "GITHUB_WORKSPACE";
/// The browser a person prefers; several are separated by colons.
pub(crate) const BROWSER: &str = "BROWSER";
/// Where executables are looked up.
pub(crate) const PATH: &str = "PATH";
/// The port that `lgx serve` listens on, where `--port` does not say.
pub(crate) const PORT: &str = "PORT";
/// The database in which `lgx serve` keeps state, where it is not to be a directory.
pub(crate) const DATABASE_URI: &str = "DATABASE_URI";
/// What all servers know that keep state in the same database, and nobody else.
pub(crate) const LGX_SECRET: &str = "LGX_SECRET";
/// Where these servers reach this one, where `--instance-url` does not say.
pub(crate) const LGX_INSTANCE_URL: &str = "LGX_INSTANCE_URL";
/// The user's own directory.
pub(crate) const HOME: &str = "HOME";
/// The virtual environment that was activated.
pub(crate) const VIRTUAL_ENV: &str = "VIRTUAL_ENV";
/// Where uv keeps the project's environment.
pub(crate) const UV_PROJECT_ENVIRONMENT: &str = "UV_PROJECT_ENVIRONMENT";
/// The conda environment that was activated.
pub(crate) const CONDA_PREFIX: &str = "CONDA_PREFIX";
/// Where Poetry keeps its caches.
pub(crate) const POETRY_CACHE_DIR: &str = "POETRY_CACHE_DIR";
/// Where Poetry keeps virtual environments.
pub(crate) const POETRY_VIRTUALENVS_PATH: &str = "POETRY_VIRTUALENVS_PATH";
/// The user's cache directory on Linux.
pub(crate) const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";
/// Where programs of a user keep what is theirs.
pub(crate) const XDG_DATA_HOME: &str = "XDG_DATA_HOME";
/// How many seconds the events of resumable runs are kept.
pub(crate) const RESUMABLE_STREAM_TTL_SECONDS: &str = "RESUMABLE_STREAM_TTL_SECONDS";
/// Another Python than the environment's own; activating an environment unsets it.
pub(crate) const PYTHONHOME: &str = "PYTHONHOME";
/// Where clients find the server; set for the command of `lgx exec`.
pub(crate) const LANGGRAPH_API_URL: &str = "LANGGRAPH_API_URL";
/// The same, under a name of our own.
pub(crate) const LGX_URL: &str = "LGX_URL";
