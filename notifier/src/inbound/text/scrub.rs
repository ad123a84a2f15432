//! Takes our own signed tokens out of a text: links that log in, addresses that are answered to.
//! Whoever answers in between lines quotes our mail, and everybody in the thread reads the answer.

use crate::signed::{Purpose, Signer};

/// Characters of a token in a link, and in a reply address.
const LINK_BYTES: usize = 43;
const REPLY_BYTES: usize = 45;

/// Stands for what was taken out.
const GONE: &str = "[…]";

/// The text without words that have a token in them.
pub(super) fn tokens(text: &str, signer: &Signer) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    words
        .map(|word| {
            let bare = word.trim_end();
            if has_token(bare, signer) { word.replacen(bare, GONE, 1) } else { word.to_owned() }
        })
        .collect()
}

fn has_token(word: &str, signer: &Signer) -> bool {
    if word.len() < LINK_BYTES {
        return false;
    }
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    word.split(|c: char| !letters(c)).any(|run| is_token(run, signer))
}

/// Looked for anywhere in a run of letters: programs put addresses into other addresses, and then
/// escapes stand before it.
fn is_token(run: &str, signer: &Signer) -> bool {
    let opens = |purpose, bytes: usize| {
        (0..run.len())
            .filter_map(move |at| run.get(at..at + bytes))
            .any(|token| signer.open(purpose, token).is_some())
    };
    opens(Purpose::Login, LINK_BYTES)
        || opens(Purpose::Unsubscribe, LINK_BYTES)
        || opens(Purpose::Reply, REPLY_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::fixture::notice;

    #[test]
    fn our_tokens_go_and_nothing_else() {
        let signer = Signer::new([1; 32]);
        let [login, off, reply] = [Purpose::Login, Purpose::Unsubscribe, Purpose::Reply]
            .map(|purpose| signer.sign(purpose, notice()));
        let text = format!(
            "> Open https://firm.example/l/{login}?x=1 now\n\
             > off: <https://firm.example/u/{off}>\n\
             > mailto:{}@reply.firm.example\n\
             > https://wrap.example/?u=https%3A%2F%2Ffirm.example%2Fl%2F{login}&d=1\n\
             See https://other.example/{}, please.",
            reply.to_uppercase(),
            "A".repeat(LINK_BYTES)
        );
        let expected = format!(
            "> Open […] now\n> off: […]\n> […]\n> […]\nSee https://other.example/{}, please.",
            "A".repeat(LINK_BYTES)
        );
        assert_eq!(tokens(&text, &signer), expected);
    }
}
