//! What must come of a command, by who asks and what it is about.

use super::world::{Principal, Sight, Where};

/// Over what a command is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Socket,
    Http,
}

/// Who may do a command.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// Everybody: it is about oneself, or lists what one sees.
    Everybody,
    /// Members only.
    Members,
    /// Contacts only.
    Contacts,
    /// Who sees the thread.
    Seeing,
    /// Members who see the thread; contacts who see it are told that they may not.
    TeamSeeing,
    /// Members who see the thread; contacts may not, whatever they see.
    TeamOnly,
    /// The author, who is the firm's owner; others who see it may not.
    Author,
    /// Who sees the account.
    SeeingAccount,
    /// On a socket, who sees the thread.
    Live,
    /// On a socket, who has joined the thread.
    Joined,
    /// On a socket, everybody.
    Connection,
}

/// The table.
const TABLE: [(&str, Who); 37] = [
    ("authenticate", Who::Connection),
    ("join", Who::Live),
    ("leave", Who::Joined),
    ("typing", Who::Joined),
    ("presence", Who::Joined),
    ("create_thread", Who::SeeingAccount),
    ("post_message", Who::Seeing),
    ("edit_message", Who::Author),
    ("delete_message", Who::Author),
    ("read", Who::Seeing),
    ("add_task", Who::TeamSeeing),
    ("reword_task", Who::TeamSeeing),
    ("move_task", Who::TeamSeeing),
    ("tick_task", Who::Seeing),
    ("untick_task", Who::Seeing),
    ("remove_task", Who::TeamSeeing),
    ("mention", Who::TeamSeeing),
    ("archive", Who::TeamSeeing),
    ("reopen", Who::TeamSeeing),
    ("follow", Who::TeamSeeing),
    ("set_reminder", Who::TeamSeeing),
    ("resend", Who::TeamSeeing),
    ("mute", Who::Seeing),
    ("show_content", Who::TeamSeeing),
    ("get_thread", Who::Seeing),
    ("history", Who::Seeing),
    ("list_threads", Who::Everybody),
    ("list_inbox", Who::Members),
    ("archive_inbox_item", Who::TeamOnly),
    ("waiting_for_action", Who::Contacts),
    ("task_progress", Who::Everybody),
    ("task_history", Who::Seeing),
    ("get_preferences", Who::Everybody),
    ("set_preferences", Who::Everybody),
    ("list_members", Who::Members),
    ("list_accounts", Who::Everybody),
    ("render", Who::Everybody),
];

/// `ok`, or the code of the refusal.
pub(super) fn expected(name: &str, who: &Principal, place: Where, way: Way) -> &'static str {
    let rule = TABLE.iter().find(|(known, _)| *known == name);
    let (_, rule) = rule.unwrap_or_else(|| panic!("`{name}` is not in the table of the matrix"));
    let sight = who.sight(place);
    let sees = sight != Sight::Nothing;
    let allowed = |allowed: bool| if allowed { "ok" } else { "not_allowed" };
    match (rule, way) {
        (Who::Live | Who::Joined | Who::Connection, Way::Http) => "needs_socket",
        (Who::Members, _) => allowed(who.is_member()),
        (Who::Contacts, _) => allowed(!who.is_member()),
        (Who::TeamOnly, _) if !who.is_member() => "not_allowed",
        (Who::Joined, _) if !sees => "not_joined",
        (Who::SeeingAccount, _) if sight != Sight::Account => "not_found",
        (Who::Seeing | Who::TeamSeeing | Who::TeamOnly | Who::Author | Who::Live, _) if !sees => {
            "not_found"
        }
        (Who::TeamSeeing, _) if !who.is_member() => "not_allowed",
        (Who::Author, _) => allowed(who.name.starts_with("owner")),
        (
            Who::Everybody
            | Who::Connection
            | Who::Seeing
            | Who::TeamSeeing
            | Who::TeamOnly
            | Who::SeeingAccount
            | Who::Live
            | Who::Joined,
            _,
        ) => "ok",
    }
}
