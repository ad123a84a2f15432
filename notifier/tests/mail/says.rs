//! What mails say, and what they keep to themselves.

use crate::{checks, samples};
use mail_parser::MessageParser;
use std::collections::BTreeSet;
use tidings_notifier::mail;
use tidings_protocol::{Language, NoticeKind};
use tidings_storage::letter::{AnswerProblem, Content, Letter};

/// Subject, text and HTML.
fn said(letter: &Letter) -> [String; 3] {
    let mail =
        mail::write(letter, &samples::links(letter), &samples::sender()).expect("an address");
    let message = MessageParser::default().parse(&mail.bytes).expect("a mail");
    let subject = message.subject().expect("a subject").to_owned();
    let seen = checks::seen(&mail);
    [subject, seen.text, seen.html]
}

/// A letter of that name, in English.
fn sample(name: &str) -> Letter {
    let mut all = samples::all(Language::En).into_iter();
    all.find(|(other, _)| other == name).expect("it is there").1
}

fn text(letter: &Letter) -> String {
    let [_, text, _] = said(letter);
    text
}

/// Content of which every piece can be found again.
fn marked() -> Content {
    let mut content = samples::content();
    content.subject = String::from("MARK-subject");
    for quote in &mut content.quotes {
        quote.author = String::from("MARK-author");
        quote.body = String::from("MARK-body");
    }
    content.tasks = vec!["MARK-task".to_owned()];
    content
}

#[test]
fn whose_mail_did_not_arrive_is_said_where_names_are_shown() {
    for name in ["undelivered", "undelivered-too"] {
        let letter = sample(name);
        let hidden = text(&letter);
        assert!(hidden.contains("one of the client’s contacts"), "{hidden}");
        assert!(!hidden.contains("Anna Smit"), "{hidden}");
        let shown = text(&samples::show(letter)).replace("\r\n", " ");
        let said = "An email to Anna Smit, Luc Dubois could not be delivered.";
        assert!(shown.contains(said), "{shown}");
        assert!(shown.contains("Please check the address."), "{shown}");
    }
}

#[test]
fn what_is_hidden_is_nowhere_in_the_mail() {
    for language in samples::LANGUAGES {
        for (name, letter) in samples::all(language) {
            let shown = samples::show(letter.clone());
            let content = samples::content();
            let mail = said(&letter);
            for hidden in [
                &content.subject,
                &content.quotes[1].author,
                &content.tasks[0],
                &"bank statements".to_owned(),
            ] {
                assert!(!mail.iter().any(|part| part.contains(hidden)), "{name} says {hidden}");
            }
            let says_who = name == "account";
            assert_eq!(
                mail.iter().any(|part| part.contains("De Vries Holding")),
                says_who,
                "{name}"
            );
            assert_ne!(said(&shown) == mail, name != "login", "{name}");
        }
    }
}

#[test]
fn only_the_parts_that_are_shown_are_quoted() {
    let mut letter = sample("digest");
    letter.parts[1].content = Some(marked());
    let [subject, text, html] = said(&letter);
    assert!(!subject.contains("MARK"), "a digest is about several threads");
    for part in [text, html] {
        for mark in ["MARK-subject", "MARK-author", "MARK-body", "MARK-task"] {
            assert!(part.contains(mark), "{mark}: {part}");
        }
        // Before it and after it stands nothing of it.
        let buttons: Vec<&str> = part.split("Open the conversation").collect();
        assert_eq!(buttons.len(), 4);
        assert!(!buttons[0].contains("MARK") && !buttons[2].contains("MARK"));
    }
}

#[test]
fn what_is_not_news_of_a_thread_quotes_none() {
    for (name, mut letter) in samples::all(Language::En) {
        let kind = letter.parts[0].kind;
        letter.parts.truncate(1);
        letter.parts[0].content = Some(marked());
        let quoted = said(&letter).iter().any(|part| part.contains("MARK-body"));
        let news = matches!(kind, NoticeKind::Activity | NoticeKind::Reminder | NoticeKind::Resent);
        assert_eq!(quoted, news, "{name}");
        let named = said(&letter).iter().any(|part| part.contains("MARK"));
        assert_eq!(named, kind != NoticeKind::Login, "{name}");
    }
}

#[test]
fn numbers_have_their_grammar() {
    let mut letter = sample("messages");
    for (messages, tasks, expected) in [
        (1, 1, ["You have a new message in a conversation", "You have one open task."]),
        (2, 2, ["You have 2 new messages in a conversation", "You have 2 open tasks."]),
    ] {
        letter.parts[0].messages = messages;
        letter.parts[0].tasks_open = tasks;
        for sentence in expected {
            assert!(text(&letter).contains(sentence), "{}", text(&letter));
        }
    }
}

#[test]
fn a_reminder_says_which_it_is_and_what_stops_it() {
    for (name, sentences) in [
        ("reminder", ["This is reminder 2 of 3", "Once the tasks are done and everything is read"]),
        ("reminder-answer", ["This is a reminder:", "Once you have answered"]),
        ("reminder-read", ["This is reminder 3 of 3", "Once you have read everything"]),
    ] {
        for sentence in sentences {
            assert!(text(&sample(name)).contains(sentence), "{name}: {}", text(&sample(name)));
        }
    }
}

#[test]
fn what_is_left_out_is_counted() {
    let mut letter = samples::show(sample("messages"));
    letter.parts[0].messages = 12;
    letter.parts[0].tasks_open = 5;
    let text = text(&letter);
    for sentence in ["There are 10 earlier unread messages.", "and 3 more", "The message continues"]
    {
        assert!(text.contains(sentence), "{text}");
    }
}

#[test]
fn every_problem_with_an_answer_has_its_own_words() {
    for language in samples::LANGUAGES {
        let refused =
            samples::all(language).into_iter().filter(|(name, _)| name.contains("refused"));
        let texts: BTreeSet<String> = refused.map(|(_, letter)| text(&letter)).collect();
        assert_eq!(texts.len(), 7);
    }
}

/// It names the answer: what was said last is a signature, and nobody is to write that.
#[test]
fn whoever_wrote_nothing_is_told_what_to_write() {
    for (language, said) in [
        (Language::En, "write your answer in"),
        (Language::Nl, "Schrijf uw antwoord"),
        (Language::Fr, "écrire votre réponse"),
        (Language::De, "schreiben Sie Ihre Antwort"),
        (Language::Es, "Escriba su respuesta"),
    ] {
        let mut letters = samples::all(language).into_iter().map(|(_, letter)| letter);
        let empty = Some(AnswerProblem::Empty);
        let letter = letters.find(|letter| letter.parts[0].refused == empty).expect("one");
        let words = text(&letter).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(said), "{words}");
    }
}

#[test]
fn no_line_of_french_begins_with_a_colon() {
    for (name, letter) in samples::all(Language::Fr) {
        for part in &said(&letter)[..2] {
            for mark in [" :", " ;", " ?", " !"] {
                assert!(!part.contains(mark), "{name}: {part}");
            }
        }
    }
}

#[test]
fn no_two_languages_say_the_same() {
    let all = samples::LANGUAGES.map(samples::all);
    for sort in 0..all[0].len() {
        for at in 0..2 {
            let said: BTreeSet<String> =
                all.iter().map(|letters| said(&letters[sort].1)[at].clone()).collect();
            assert_eq!(said.len(), samples::LANGUAGES.len(), "{}: {said:?}", all[0][sort].0);
        }
    }
}

#[test]
fn html_says_its_language_and_loads_nothing_but_the_logo() {
    for (letters, code) in
        samples::LANGUAGES.map(samples::all).iter().zip(["en", "nl", "fr", "de", "es"])
    {
        for (_, letter) in letters {
            let [_, _, html] = said(letter);
            assert!(html.contains(&format!("<html lang=\"{code}\">")));
            assert!(!html.contains("<img") && !html.contains("url("), "{html}");
        }
    }
    for (name, letter) in samples::looks() {
        let [_, _, html] = said(&letter);
        let logo = "<img class=\"logo\" src=\"https://firm.example/logo.png\" alt=\"Baker &amp; Partners\"";
        assert_eq!(html.contains(logo), name == "look-logo");
        assert_eq!(html.matches("src=").count(), usize::from(name == "look-logo"));
    }
}
