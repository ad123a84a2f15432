//! What honest mail servers say and hear.

use super::house::{House, LONG, letter};
use crate::inbound::decide::ANSWERABLE_MS;
use crate::inbound::fixture::NOW;
use crate::inbound::limits::{MAIL_BYTES_KEPT, MAIL_BYTES_MAX};
use crate::inbound::{Limits, Outcome, Posting};
use tidings_protocol::{Answers, NoticeId, NoticeKind, RefusalCode};
use tidings_storage::letter::AnswerProblem;
use tokio::time::timeout;
use uuid::Uuid;

const TAKEN: &str = "250 2.0.0 Taken";

#[tokio::test]
async fn an_answer_by_lmtp_is_posted() {
    let house = House::usual().await;
    let mut caller = house.call().await;
    let offers = caller.say("LHLO mx.firm.example").await;
    let expected = format!(
        "250-reply.firm.example\n250-PIPELINING\n250-8BITMIME\n250-SMTPUTF8\n\
         250-ENHANCEDSTATUSCODES\n250 SIZE {MAIL_BYTES_MAX}"
    );
    assert_eq!(offers, expected);
    let from = "MAIL FROM:<ann@client.example> SIZE=1000 BODY=8BITMIME SMTPUTF8";
    assert_eq!(caller.say(from).await, "250 2.1.0 OK");
    let to = house.reply_address().to_uppercase();
    assert_eq!(caller.say(&format!("RCPT TO:<{to}>")).await, "250 2.1.5 OK");
    assert!(caller.say("DATA").await.starts_with("354 "));
    let mail = letter("Yes.\n..\n\nOn Mon, Mar 4, 2024 Firm <n@x.example> wrote:\n> Friday?\n");
    assert_eq!(caller.say(&format!("{}.", mail.replace('\n', "\r\n"))).await, TAKEN);
    assert_eq!(caller.say("NOOP").await, "250 2.0.0 OK");
    assert_eq!(caller.say("QUIT").await, "221 2.0.0 Bye");
    assert_eq!(caller.hear().await, "");
    assert_eq!(house.posts(), ["Yes.\n."]);
    assert_eq!(house.count(Outcome::Posted), 1);
}

#[tokio::test]
async fn an_answer_by_smtp_is_posted_and_all_may_be_said_at_once() {
    let house = House::usual().await;
    let mut caller = house.call().await;
    assert!(caller.say("EHLO mx").await.starts_with("250-reply.firm.example\n"));
    let to = house.reply_address();
    caller.send(format!("MAIL FROM:<ann@client.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n")).await;
    for expected in ["250 ", "250 ", "354 "] {
        assert!(caller.hear().await.starts_with(expected));
    }
    let mail = letter("Yes.").replace('\n', "\r\n");
    caller.send(format!("{mail}\r\n.\r\nRSET\r\nQUIT\r\n")).await;
    for expected in ["250 2.0.0 Taken", "250 2.0.0 OK", "221 ", ""] {
        assert!(caller.hear().await.starts_with(expected));
    }
    assert_eq!(house.posts(), ["Yes."]);
}

#[tokio::test]
async fn a_mail_that_is_brought_twice_is_posted_once() {
    let house = House::usual().await;
    assert_eq!(house.bring(&letter("Yes.")).await, TAKEN);
    assert_eq!(house.bring(&format!("Received: again\n{}", letter("Yes."))).await, TAKEN);
    assert_eq!(house.posts(), ["Yes."]);
    assert_eq!(house.bring(&letter("Yes, yes.")).await, TAKEN);
    assert_eq!(house.posts(), ["Yes.", "Yes, yes."]);
}

#[tokio::test]
async fn each_recipient_has_its_reply_over_lmtp_and_there_is_one_over_smtp() {
    let house = House::usual().await;
    let gone = house.address_of(NoticeId(Uuid::max()));
    let mut caller = house.call().await;
    caller.say("LHLO mx").await;
    caller.mail_to(&[&gone, &house.reply_address(), &gone]).await;
    caller.send(letter("Yes.").replace('\n', "\r\n") + "\r\n.\r\n").await;
    let codes = [caller.hear().await, caller.hear().await, caller.hear().await];
    assert_eq!(codes.map(|reply| reply[..9].to_owned()), ["550 5.1.6", "250 2.0.0", "550 5.1.6"]);

    caller.say("EHLO mx").await;
    caller.say("MAIL FROM:<ann@client.example>").await;
    caller.say(&format!("RCPT TO:<{}>", house.reply_address())).await;
    let second = caller.say(&format!("RCPT TO:<{}>", house.reply_address())).await;
    assert!(second.starts_with("452 4.5.3"), "{second}");
}

#[tokio::test]
async fn addresses_that_are_none_are_refused_in_words() {
    let house = House::usual().await;
    let mut caller = house.call().await;
    caller.say("LHLO mx").await;
    caller.say("MAIL FROM:<ann@client.example>").await;
    let token = house.reply_address();
    let (local, _) = token.split_once('@').unwrap();
    for to in [
        "ann@reply.firm.example".to_owned(),
        format!("{local}@firm.example"),
        format!("x{local}@reply.firm.example"),
        format!("{}@reply.firm.example", local.replace("reply-a", "reply-b")),
        "postmaster@reply.firm.example".to_owned(),
    ] {
        let reply = caller.say(&format!("RCPT TO:<{to}>")).await;
        assert!(reply.starts_with("550 5.1.1 There is no such address here."), "{to}: {reply}");
    }
    assert!(caller.say("DATA").await.starts_with("503 "));
}

#[tokio::test]
async fn what_is_out_of_turn_or_not_offered_is_refused() {
    let house = House::usual().await;
    let mut caller = house.call().await;
    for (line, code) in [
        ("MAIL FROM:<a@b.example>", "503 5.5.1"),
        ("HELO mx", "250 reply"),
        ("RCPT TO:<a@b.example>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("MAIL FROM:<a@b.example> SIZE=99999999", "552 5.3.4"),
        ("MAIL FROM:<a@b.example> BODY=BINARYMIME", "555 5.5.4"),
        ("MAIL FROM:<a@b.example> FOO=BAR", "555 5.5.4"),
        ("MAIL FROM:a@b.example", "501 5.5.4"),
        ("MAIL FROM:<>", "250 2.1.0"),
        ("MAIL FROM:<a@b.example>", "503 5.5.1"),
        ("RSET", "250 2.0.0"),
        ("MAIL FROM:<a@b.example>", "250 2.1.0"),
        ("STARTTLS", "502 5.5.1"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1"),
        ("VRFY ann", "252 2.1.5"),
        ("BDAT 10 LAST", "502 5.5.1"),
        ("FOO", "500 5.5.2"),
    ] {
        let reply = caller.say(line).await;
        assert!(reply.starts_with(code), "{line}: {reply}");
    }
}

#[tokio::test]
async fn whoever_may_not_answer_hears_it_from_the_own_server() {
    let house = House::usual().await;
    let from_eve = letter("Yes.").replace("ann@", "eve@");
    let wrong = house.bring(&from_eve).await;
    assert!(wrong.starts_with("550 5.7.1 Only the person who got our email"), "{wrong}");
    let two = letter("Yes.").replace("From: ", "From: eve@client.example, ");
    assert!(house.bring(&two).await.starts_with("550 5.6.0"));
    let twice = letter("Yes.").replace("Subject", "From: eve@client.example\nSubject");
    assert!(house.bring(&twice).await.starts_with("550 5.6.0"));
    house.change(|ledger| ledger.posting = Posting::Refused(RefusalCode::NotFound));
    assert!(house.bring(&letter("Yes.")).await.starts_with("550 5.7.1 You can no longer"));
    assert_eq!((house.posts().len(), house.explained().len()), (0, 0));
    assert_eq!(house.count(Outcome::Refused), 4);
}

#[tokio::test]
async fn why_an_answer_is_not_posted_is_said_by_email() {
    type Change = fn(&mut super::house::Ledger);
    let table: [(Change, &str, AnswerProblem); 5] = [
        (
            |it| it.facts.as_mut().unwrap().answers = Answers::Reject,
            "Yes.",
            AnswerProblem::NotTaken,
        ),
        (
            |it| it.facts.as_mut().unwrap().mailed = Some(NOW.plus_millis(-ANSWERABLE_MS - 1)),
            "Yes.",
            AnswerProblem::Expired,
        ),
        (
            |it| it.posting = Posting::Refused(RefusalCode::Archived),
            "Yes.",
            AnswerProblem::Archived,
        ),
        (|_| (), "> Friday?\n\nSent from my iPhone", AnswerProblem::Empty),
        (|_| (), "LONG", AnswerProblem::TooLong),
    ];
    for (change, text, expected) in table {
        let house = House::usual().await;
        house.change(change);
        let text = text.replace("LONG", &"line\n".repeat(20_000));
        assert_eq!(house.bring(&letter(&text)).await, TAKEN);
        // The same mail again: our yes was not heard. The hour does not matter.
        for wait in [0, 60 * 60 * 1000] {
            house.time.pass(wait);
            assert_eq!(house.bring(&letter(&text)).await, TAKEN);
            house.time.pass(-wait);
        }
        // A second one so soon is said by the sender's own mail server, not by us.
        let again = house.bring(&letter(&text).replace("<1@", "<2@")).await;
        assert!(again.starts_with("550 5.7.1 Your message was not passed on"), "{again}");
        assert_eq!(house.explained(), [expected]);
        assert!(house.posts().is_empty());
    }
}

#[tokio::test]
async fn an_answer_with_attachments_is_posted_without_them() {
    let house = House::usual().await;
    let photo = "ABCD".repeat(MAIL_BYTES_KEPT / 2);
    let mail = letter("").trim_end().to_owned()
        + "\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nSee \
           photo.\n--x\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n"
        + &photo
        + "\n--x--\n";
    assert_eq!(house.bring(&mail).await, TAKEN);
    assert_eq!(house.posts(), ["See photo."]);
    assert_eq!(house.explained(), [AnswerProblem::AttachmentsLeftOut]);
    assert_eq!(house.bring(&mail).await, TAKEN, "it comes again");
    // Another so soon: posted, and its sender hears of the attachments from the own server.
    let another = house.bring(&mail.replace("<1@", "<2@")).await;
    assert!(another.starts_with("550 5.6.1 Your message was passed on, but without"), "{another}");
    assert_eq!((house.posts().len(), house.explained().len()), (2, 1));
    assert_eq!(house.count(Outcome::Posted), 3);
}

#[tokio::test]
async fn what_answers_our_word_of_an_answer_is_posted_or_refused_but_not_answered() {
    let house = House::usual().await;
    house.change(|it| it.facts.as_mut().unwrap().kind = NoticeKind::AnswerRefused);
    assert_eq!(house.bring(&letter("Yes.")).await, TAKEN);
    assert_eq!(house.posts(), ["Yes."]);
    house.change(|it| it.posting = Posting::Refused(RefusalCode::Archived));
    let archived = house.bring(&letter("No.")).await;
    assert!(archived.starts_with("550 5.7.1 Your message was not passed on"), "{archived}");
    house.change(|it| it.facts.as_mut().unwrap().answers = Answers::Reject);
    let rejected = house.bring(&letter("Yes.")).await;
    assert!(rejected.starts_with("550 5.7.1 Your message was not passed on"), "{rejected}");
    assert!(house.explained().is_empty());
}

#[tokio::test]
async fn while_the_store_is_away_the_mail_server_keeps_the_mail() {
    let house = House::usual().await;
    house.change(|ledger| ledger.away = true);
    assert!(house.bring(&letter("Yes.")).await.starts_with("451 4.3.0"));
    house.change(|ledger| ledger.away = false);
    assert_eq!(house.bring(&letter("Yes.")).await, TAKEN);
    assert_eq!(house.posts(), ["Yes."]);
    assert_eq!(house.count(Outcome::Later), 1);
}

#[tokio::test]
async fn a_connection_brings_so_many_mails_a_minute() {
    let house = House::open(Limits { mails_a_minute: 2, ..Limits::default() }).await;
    let mut caller = house.call().await;
    caller.say("LHLO mx").await;
    let mut codes = Vec::new();
    for minute in 0..2 {
        for _ in 0..3 {
            codes.push(caller.say("MAIL FROM:<a@b.example>").await[..9].to_owned());
            caller.say("RSET").await;
        }
        // The second time backwards, as clocks that are set do.
        house.time.pass(if minute == 0 { 60_000 } else { -120_000 });
    }
    codes.push(caller.say("MAIL FROM:<a@b.example>").await[..9].to_owned());
    let (yes, later) = ("250 2.1.0", "450 4.7.1");
    assert_eq!(codes, [yes, yes, later, yes, yes, later, yes]);
}

#[tokio::test]
async fn whoever_is_in_the_middle_of_a_mail_may_end_it_when_we_stop() {
    let house = House::usual().await;
    let mut idle = house.call().await;
    let mut busy = house.call().await;
    busy.say("LHLO mx").await;
    busy.mail_to(&[&house.reply_address()]).await;
    house.stop.send(true).unwrap();
    assert!(idle.hear().await.starts_with("421 4.3.2"));
    busy.send(letter("Yes.").replace('\n', "\r\n") + "\r\n.\r\n").await;
    assert_eq!(busy.hear().await, TAKEN);
    assert!(busy.hear().await.starts_with("421 4.3.2"));
    timeout(LONG, house.listening).await.unwrap().unwrap();
}
