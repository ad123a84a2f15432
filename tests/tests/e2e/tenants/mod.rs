//! Two firms never see each other, and people see what is theirs: every principal × every command
//! and route × objects of its own, of its firm and of another. What must come of each is in two
//! tables, [`expected`] for commands and the one in [`routes`]. A command or route that is in
//! neither fails the tests.

mod commands;
mod deeds;
mod expected;
mod routes;
mod streams;
mod world;
