//! An identity provider that is asked for each request: many at once, one that hangs, one that is down, a client of it that
//! blocks; and where the tokens of users go, which is nowhere but to the graph.

mod held_provider;
mod look_ups;
mod secrets;
