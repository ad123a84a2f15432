//! What a server owes to clients that keep RFC 6455, and to those that break it: every rule, every
//! close code and every bound, from outside, with bytes written by hand ([`raw`], [`wire`]), since a
//! client library would keep the rules.

// Long waits first: tests start in the order of their names.
mod absence;
mod autobahn;
mod closing;
mod control;
mod fragments;
mod handshake;
mod http;
mod identity;
mod messages;
mod pace;
mod protocol_errors;
mod raw;
mod sizes;
mod utf8;
mod wire;
mod world;
