//! Calls of models recorded and played again, for code that does not know of it: a proxy on this machine that only workers are told of.
//!
//! What workers say to hosts of models is opened, with certificates of an authority that only they trust; everything else passes by unseen.
//! Where nothing but recordings is played, nothing else is reached.

mod answer;
mod authority;
mod capture;
mod credentials;
mod environment;
mod exchange;
mod hosts;
mod play;
mod proxy;
mod recording;
mod routes;
mod target;
mod token;
mod told;
mod variables;

pub use environment::WorkerVariables;
pub use lgx_cassettes::Mode;
pub use recording::{RecordError, RecordOptions, RecordingProxy};
pub use told::{Teller, Told};
