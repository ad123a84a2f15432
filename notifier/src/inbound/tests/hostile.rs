//! What others say: too long, too slow, too much, or not what it seems.

use super::house::{House, LONG, letter};
use crate::inbound::read::{Answer, parse};
use crate::inbound::{Limits, Outcome};
use crate::signed::Signer;
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::timeout;

/// A mail as it goes over the wire, its end included.
fn wire(text: &str) -> String {
    letter(text).replace('\n', "\r\n") + "\r\n.\r\n"
}

#[tokio::test]
async fn long_and_crooked_lines_are_refused_and_the_next_one_is_heard() {
    let house = House::usual().await;
    let mut caller = house.call().await;
    caller.send("A".repeat(1024 * 1024)).await;
    assert_eq!(caller.say("").await, "500 5.5.2 Line too long");
    for crooked in ["NOOP\n", "NO\0OP\r\n", "NOOP\rNOOP\r\n", "\x1b[2J\r\n"] {
        caller.send(crooked).await;
        assert!(caller.hear().await.starts_with("500 5.5.2 A line ends with CR and LF"));
    }
    caller.send(b"MAIL FROM:<\xff\xfe@b.example>\r\n").await;
    assert!(caller.hear().await.starts_with("50"));
    assert_eq!(caller.say("NOOP").await, "250 2.0.0 OK");
}

#[tokio::test]
async fn whoever_goes_on_being_wrong_is_shown_the_door() {
    let house = House::usual().await;
    let mut caller = house.call().await;
    caller.send("FOO\r\n".repeat(1000)).await;
    let all = caller.hear_out().await;
    assert_eq!(all.lines().count(), 22);
    assert!(all.ends_with("421 4.7.0 Too many mistakes\r\n"));
}

/// Ways in which servers have been made to see two mails where the one in front saw one.
#[tokio::test]
async fn nobody_smuggles_a_second_mail() {
    for end in [
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r\n.\r\r\n",
        "\r.\r\n",
        "\r\n\0.\r\n",
        "\r\n.\0\r\n",
    ] {
        let house = House::usual().await;
        let mut caller = house.call().await;
        caller.say("LHLO mx").await;
        caller.mail_to(&[&house.reply_address()]).await;
        let to = house.reply_address();
        let second = format!(
            "MAIL FROM:<ann@client.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n{}",
            letter("Pay them.").replace('\n', "\r\n")
        );
        let first = letter("Yes.").replace('\n', "\r\n");
        caller.send(format!("{first}{end}{second}\r\n.\r\nQUIT\r\n")).await;
        let said = caller.hear_out().await;
        assert_eq!(said, "250 2.0.0 Taken\r\n221 2.0.0 Bye\r\n", "{end:?}");
        assert_eq!(house.posts().len(), 1, "{end:?}");
        assert!(house.posts()[0].starts_with("Yes."), "{end:?}");
    }
}

#[tokio::test]
async fn a_mail_of_nothing_or_of_nonsense_is_refused() {
    let house = House::usual().await;
    for mail in [&b""[..], b"\0\0\0", b"no header", &[0xff; 5000], b"From: \0\n\0: \0", b"\r\n\r\n"]
    {
        let mut caller = house.call().await;
        caller.say("LHLO mx").await;
        caller.mail_to(&[&house.reply_address()]).await;
        caller.send([mail, b"\r\n.\r\n"].concat()).await;
        assert!(caller.hear().await.starts_with("550 5.6.0"), "{mail:?}");
    }
    let mut caller = house.call().await;
    caller.say("LHLO mx").await;
    caller.mail_to(&[&house.reply_address()]).await;
    caller.send(".\r\n").await;
    assert!(caller.hear().await.starts_with("550 5.6.0"));
    assert!(house.posts().is_empty());
}

#[tokio::test]
async fn control_characters_of_a_mail_go_and_its_text_stays() {
    let house = House::usual().await;
    house.bring(&letter("Y\0e\x08s\x1b[31m.\tGood\rbye")).await;
    assert_eq!(house.posts(), ["Yes[31m.\tGood\nbye"]);
}

#[tokio::test]
async fn a_mail_beyond_all_measure_is_read_past_and_refused() {
    let house = House::usual().await;
    let mut caller = house.call().await;
    caller.say("LHLO mx").await;
    caller.mail_to(&[&house.reply_address()]).await;
    caller.send(letter("Yes.").replace('\n', "\r\n")).await;
    let line = format!("{}\r\n", "a".repeat(998));
    let piece = line.repeat(1000);
    for _ in 0..40 {
        caller.send(&piece).await;
    }
    caller.send(".\r\n").await;
    assert!(caller.hear().await.starts_with("552 5.3.4"));
    assert_eq!(caller.say("NOOP").await, "250 2.0.0 OK");
    assert!(house.posts().is_empty());
}

#[tokio::test]
async fn whoever_is_silent_is_forgotten() {
    let soon = Duration::from_millis(200);
    let house = House::open(Limits { silence: soon, ..Limits::default() }).await;
    let caller = house.call().await;
    assert_eq!(caller.hear_out().await, "421 4.4.2 Nothing was heard for too long\r\n");
    // Here somebody speaks before, who may be slow on a machine that is busy.
    let later = Duration::from_secs(2);
    let house = House::open(Limits { silence: later, ..Limits::default() }).await;
    let mut in_a_mail = house.call().await;
    in_a_mail.say("LHLO mx").await;
    in_a_mail.mail_to(&[&house.reply_address()]).await;
    in_a_mail.send("From: ann").await;
    assert!(in_a_mail.hear_out().await.starts_with("421 4.4.2"));
}

/// A byte now and then is not silence, but a mail has an end.
#[tokio::test]
async fn whoever_dribbles_a_mail_is_forgotten() {
    let limits = Limits { mail: Duration::from_millis(300), ..Limits::default() };
    let house = House::open(limits).await;
    let mut caller = house.call().await;
    caller.say("LHLO mx").await;
    caller.mail_to(&[&house.reply_address()]).await;
    let dribbled = timeout(LONG, async {
        loop {
            caller.send("a").await;
            let heard = timeout(Duration::from_millis(20), caller.hear()).await;
            if let Ok(heard) = heard {
                return heard;
            }
        }
    });
    assert!(dribbled.await.unwrap().starts_with("421 4.4.2"));
}

#[tokio::test]
async fn a_thousand_connections_leave_room_for_none_more_and_then_for_all() {
    let house = House::open(Limits { connections: 16, ..Limits::default() }).await;
    let mut callers = Vec::new();
    for _ in 0..1000 {
        callers.push(house.call_unheard().await);
    }
    let (mut greeted, mut turned_away) = (Vec::new(), 0);
    for mut caller in callers {
        let heard = caller.hear().await;
        if heard.starts_with("220 ") {
            greeted.push(caller);
        } else {
            assert!(heard.starts_with("421 4.7.0 Too many connections"), "{heard}");
            turned_away += 1;
        }
    }
    assert_eq!((greeted.len(), turned_away), (16, 984));
    drop(greeted);
    let again = timeout(LONG, async {
        while !house.call_unheard().await.hear().await.starts_with("220 ") {}
    });
    again.await.expect("room again");
}

#[tokio::test]
async fn a_caller_that_hangs_up_costs_nothing() {
    let house = House::usual().await;
    for words in ["", "LHLO mx\r\n", "LHLO mx\r\nMAIL FROM:<a@b.example>\r\nDA"] {
        let mut caller = house.call().await;
        caller.send(words).await;
    }
    let mut caller = house.call().await;
    caller.say("LHLO mx").await;
    caller.mail_to(&[&house.reply_address()]).await;
    caller.send(wire("Yes.").trim_end_matches(".\r\n")).await;
    drop(caller);
    assert_eq!(house.bring(&letter("No.")).await, "250 2.0.0 Taken");
    assert_eq!((house.posts(), house.count(Outcome::Posted)), (vec!["No.".to_owned()], 1));
}

/// Pieces of which mails are made, so that random ones get somewhere.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "From: a@b.example\r\n",
        "Content-Type: text/html\r\n",
        "\r\n",
        "> ",
        ">",
        "-- \n",
        "--\n",
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n",
        "--x\r\n",
        "--x--\r\n",
        "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n",
        "On 4 a@b wrote:\n",
        "<p>",
        "<blockquote type=cite>",
        "</div>",
        "<ol><li>",
        "<a href='https://x'>",
        "<pre>",
        "</a>",
        "Content-Transfer-Encoding: base64\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n",
        "From: x\nSent: y\nTo: z\n",
        "é",
        "😊",
        "\u{a0}",
        "<style>",
        "</style>",
        "&eacute;",
        "<br>",
        "Sent from my iPhone\n",
        "reply-",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ]);
    prop_oneof![
        3 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    #[test]
    fn no_mail_breaks_the_reader(pieces in prop::collection::vec(piece(), 0..40)) {
        let bytes = pieces.concat();
        let signer = Signer::new([1; 32]);
        let answer = parse(&bytes).and_then(|mail| Answer::of(&mail, false, &signer));
        let text = answer.map(|answer| answer.text).unwrap_or_default();
        prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        prop_assert_eq!(text.trim(), &text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_bytes_break_a_connection(
        pieces in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    "LHLO x\r\n", "EHLO x\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:", "<", ">\r\n",
                    "DATA\r\n", ".\r\n", "\r\n.\r\n", "RSET\r\n", "BDAT 9\r\n", " SIZE=", "\"", "\\",
                ]).prop_map(|text| text.as_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..20),
            ],
            0..60,
        )
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let house = House::usual().await;
            let mut caller = house.call().await;
            caller.send(pieces.concat()).await;
            caller.say_no_more().await;
            caller.hear_out().await;
            assert!(house.call().await.say("LHLO x").await.starts_with("250"));
            house.stop.send(true).unwrap();
            timeout(LONG, house.listening).await.unwrap().unwrap();
        });
    }
}
