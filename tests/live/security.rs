//! What is refused and kept private by the real binary; the rest of docs/security.md is in `crates/devserver/tests/api/security`.

mod beyond_loopback;
mod own_app;
mod private_files;
mod secrets;
