//! Several nodes with one PostgreSQL and one Redis are one server: what is done at one is seen at
//! the others, ends there and is counted there; a node that goes, goes with all that only it knew.

mod access;
mod away;
mod passing;
mod restart;
mod scene;
mod sockets;
