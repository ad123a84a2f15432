//! Holds what a mail server was given against what was posted: nobody is told of one thing by two
//! mails, and of everything by one. A mail that came again is the same mail if it has the same
//! `Message-ID`.

use std::collections::{BTreeMap, BTreeSet};
use tidings_protocol::{Notice, NoticeState};
use tidings_tests::TakenMail;

/// What is found.
pub(crate) struct Found {
    /// Mails that came more than once under one `Message-ID`, and how often too many.
    pub(crate) repeated: usize,
    /// How many mails there were, each counted once.
    pub(crate) mails: usize,
}

/// Checks mails to one person, of a firm that shows content; everything that was posted has a word of
/// its own in it. Nothing was read.
pub(crate) fn check(mails: &[TakenMail], posted: &BTreeSet<String>, ledger: &[Notice]) -> Found {
    let mut by_id: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for mail in mails {
        let id = mail.message_id();
        let text = mail.text();
        let words: BTreeSet<String> =
            posted.iter().filter(|word| text.contains(word.as_str())).cloned().collect();
        let known = by_id.entry(id.clone()).or_insert_with(|| words.clone());
        assert_eq!(*known, words, "{id} came twice and said different things");
    }
    let mut told: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (id, words) in &by_id {
        for word in words {
            told.entry(word).or_default().push(id);
        }
    }
    for word in posted {
        let by = told.get(word).map_or(0, Vec::len);
        assert_eq!(by, 1, "told of {word:?} by {by} mails: {:?}", told.get(word));
    }
    let sent: BTreeSet<String> = ledger
        .iter()
        .filter(|notice| notice.state == NoticeState::Sent)
        .map(|notice| format!("<{}>", notice.message_id.as_deref().unwrap_or_default()))
        .collect();
    let arrived: BTreeSet<String> = by_id.keys().cloned().collect();
    assert_eq!(sent, arrived, "the ledger and the mail server don't agree");
    Found { repeated: mails.len() - by_id.len(), mails: by_id.len() }
}
