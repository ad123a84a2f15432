//! What the pages say, in five languages. Each language says all of it, by one `match`, so that
//! nothing can be missing. `firm` and `name` are put in as they are: the template escapes them.

mod de;
mod en;
mod es;
mod fr;
mod nl;

use tidings_protocol::Language;

/// What a page has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saying {
    /// A link to log in by: press the button.
    Login,
    /// It was used or is too old; a new one can be sent.
    LoginAgain,
    /// It is good for nothing, and no other is sent from here.
    LoginVoid,
    /// A new one is on its way.
    LinkSent,
    /// One was sent a short while ago, or enough of them.
    LinkJustSent,
    /// Logged in, and on to the firm.
    LoggedIn,
    /// It would log in, but there is nowhere to go on to.
    Nowhere,
    /// A contact may stop its emails.
    StopContact,
    /// A member may.
    StopMember,
    /// A contact has.
    StoppedContact,
    /// A member has.
    StoppedMember,
    /// Not a link of ours.
    Unknown,
    /// It can't be done now.
    Later,
}

impl Saying {
    /// Every one.
    #[cfg(test)]
    pub(super) const ALL: [Self; 13] = [
        Self::Login,
        Self::LoginAgain,
        Self::LoginVoid,
        Self::LinkSent,
        Self::LinkJustSent,
        Self::LoggedIn,
        Self::Nowhere,
        Self::StopContact,
        Self::StopMember,
        Self::StoppedContact,
        Self::StoppedMember,
        Self::Unknown,
        Self::Later,
    ];
}

/// Those words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The heading.
    pub(super) title: String,
    /// Below it; one paragraph each.
    pub(super) lines: Vec<String>,
    /// On the button; empty if there is none.
    pub(super) button: String,
}

impl Said {
    fn new(title: impl Into<String>, lines: &[&str]) -> Self {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Self { title: title.into(), lines, button: String::new() }
    }

    fn button(mut self, label: impl Into<String>) -> Self {
        self.button = label.into();
        self
    }
}

/// A page's words. Pages that know of no firm are told none: it is empty then, as is the name.
pub(super) fn say(language: Language, saying: Saying, firm: &str, name: &str) -> Said {
    match language {
        Language::En => en::say(saying, firm, name),
        Language::Nl => nl::say(saying, firm, name),
        Language::Fr => fr::say(saying, firm, name),
        Language::De => de::say(saying, firm, name),
        Language::Es => es::say(saying, firm, name),
    }
}

/// The language's tag (BCP 47).
pub(super) fn tag(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Nl => "nl",
        Language::Fr => "fr",
        Language::De => "de",
        Language::Es => "es",
    }
}
