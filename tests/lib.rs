//! What talks to a running lgx from outside: the house rules, the tutorial, the SDKs.
