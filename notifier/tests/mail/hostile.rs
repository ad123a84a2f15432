//! Names, subjects and texts that would rather be something else: whatever people write, the mail
//! stays the mail.

use crate::{checks, samples};
use mail_parser::MessageParser;
use proptest::prelude::*;
use tidings_notifier::mail::{self, Mail};
use tidings_protocol::Language;
use tidings_storage::letter::{Content, Letter};

/// The letter with that text wherever one is put in.
fn with_text(letter: &Letter, text: &str) -> Letter {
    let mut letter = letter.clone();
    let text = || text.to_owned();
    letter.firm.name = text();
    letter.firm.footer = text();
    letter.firm.colour = text();
    letter.firm.logo_url = text();
    letter.to.name = text();
    letter.to.time_zone = text();
    for part in &mut letter.parts {
        part.account = part.account.as_ref().map(|_| text());
        part.undelivered.fill(text());
        if let Some(Content { subject, quotes, tasks }) = &mut part.content {
            *subject = text();
            for quote in quotes {
                quote.author = text();
                quote.body = text();
            }
            tasks.fill(text());
        }
    }
    letter
}

fn written(letter: &Letter) -> Mail {
    mail::write(letter, &samples::links(letter), &samples::sender()).expect("an address")
}

/// Letters that have everything in them between them.
const KINDS: [&str; 4] = ["messages", "digest", "login", "undelivered-too"];

/// One of each kind of page, with everything in it that can be.
fn letters() -> Vec<Letter> {
    let all = samples::all(Language::Fr).into_iter();
    let some = all.filter(|(name, _)| KINDS.contains(&name.as_str()));
    some.map(|(_, letter)| samples::show(letter)).collect()
}

const HOSTILE: [&str; 22] = [
    "",
    "\r\nBcc: all@client.example\r\n\r\nHello",
    "\nX-Injected: 1",
    "\rX-Injected: 1",
    "a\0b\u{1b}[31m",
    "\" <evil@client.example>, \"",
    "a\\",
    "a\\\"b",
    "evil@client.example",
    "a, b; c: d (e) <f>",
    "=?utf-8?q?=0D=0ABcc:_all@client.example?=",
    "=?utf-8?b?PHNjcmlwdD4=?=",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</style></table></body></html>",
    "{{ firm }}{% for x in sections %}",
    "--=_0198000000007000800000000000012c--",
    "\u{202e}gpj.exe\u{2066}",
    "\u{2028}\u{2029}\u{85}\u{feff}",
    ".\r\n.\r\nQUIT",
    "[x](javascript:alert(1)) ![x](http://a.example/p.png)",
    "مرحبا 你好 😀",
];

#[test]
fn nothing_that_is_typed_becomes_a_header_a_tag_or_a_line() {
    for text in HOSTILE {
        for letter in letters() {
            let letter = with_text(&letter, text);
            let mail = written(&letter);
            let seen = checks::seen(&mail);
            let message = MessageParser::default().parse(&mail.bytes).expect("a mail");
            for to in [message.from(), message.to()] {
                let everybody = to.expect("somebody");
                assert_eq!(everybody.iter().count(), 1, "{text}");
            }
            let to = message.to().and_then(|to| to.first()).expect("one");
            assert_eq!(
                to.address.as_deref(),
                Some("anna@client.example")
                    .filter(|_| letter.to.email.starts_with("anna"))
                    .or(Some("tom@firm.example"))
            );
            assert!(!seen.html.contains("<script") && !seen.html.contains("<img"), "{text}");
            assert!(!seen.html.contains('\u{202e}') && !seen.text.contains('\u{202e}'));
            assert!(!message.subject().unwrap_or_default().contains(['\r', '\n']));
        }
    }
}

#[test]
fn names_of_any_length_fit() {
    for unit in ["x", "x ", "\"", "\\", "é", "é ", "😀", "=?", "<", "\u{202e}", "a\r\n"] {
        for letter in letters() {
            let mail = written(&with_text(&letter, &unit.repeat(1000)));
            checks::seen(&mail);
        }
    }
}

#[test]
fn names_come_out_as_they_went_in() {
    for name in [
        "Anna",
        "O'Neil, \"Bo\" <b@c>",
        "a\\b",
        "Zoë (née Müller)",
        "Ёлка 你好 😀",
        "Baker & Partners: tax; law",
        "a_b=c?d",
    ] {
        let (_, letter) = samples::all(Language::En).swap_remove(0);
        let mail = written(&with_text(&letter, name));
        let message = MessageParser::default().parse(&mail.bytes).expect("a mail");
        for to in [message.from(), message.to(), message.reply_to()] {
            let to = to.and_then(|to| to.first()).expect("one");
            assert_eq!(to.name.as_deref(), Some(name));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_text_at_all_makes_a_mail(text in any::<String>(), junk in "[\\PC\r\n\0\"<>=?\\\\@ ]{0,400}") {
        for letter in letters() {
            checks::seen(&written(&with_text(&letter, &text)));
            checks::seen(&written(&with_text(&letter, &junk)));
        }
    }
}
