//! SQLite: the embedded default.

mod rows;
