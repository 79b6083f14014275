//! The proxy between a client and a provider, both real, over TLS.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod calls;
mod client;
mod provider;
mod reached;
mod recording;
mod streams;
mod within;
