//! The binary `lgx`.
fn main() {}
