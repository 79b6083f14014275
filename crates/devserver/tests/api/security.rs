//! What the server refuses, a file for each sentence of docs/security.md.

mod bodies;
mod cross_site;
mod framing;
mod host;
mod json;
mod origin;
mod raw;
mod sockets;
mod studio;
