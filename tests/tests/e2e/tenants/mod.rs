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

use deeds::{Target, command};
use tidings_protocol::{Command, Outcome, Reply};
use tidings_tests::{Cast, member_id, post};

/// A thread of a small firm, on which every command can be tried by the member and the contact.
pub(crate) async fn an_object(cast: &Cast) -> Target {
    let start = tidings_tests::thread(cast.account, "Documented", &["one", "two"]);
    let begun = cast.firm.command(cast.mia, &start).await;
    let Outcome::Ok(Reply::ThreadCreated { thread, .. }) = begun else { panic!("{begun:?}") };
    cast.firm.command(cast.carlos, &post(thread, "raises the inbox")).await;
    Target { account: cast.account, thread, member: member_id(cast.noa) }
}

/// The command of a name about it.
pub(crate) fn a_command(name: &str, target: &Target) -> Command {
    command(name, target, "a.b.c")
}
