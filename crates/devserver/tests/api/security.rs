//! What the server refuses, a file for each sentence of docs/security.md.

mod bodies;
mod connections;
mod cross_site;
mod framing;
mod heads;
mod host;
mod json;
mod origin;
mod raw;
mod sockets;
mod streams;
mod studio;
mod tls;
mod tunnel;
mod webhooks;
