//! Machines that answer machines: what they say ends at once, whoever began.

use super::house::{House, letter};
use crate::inbound::Outcome;
use tidings_protocol::{Answers, NoticeKind};
use tidings_storage::letter::AnswerProblem;

/// Another's answering machine: answers every mail of ours, as often as there is one.
async fn answer_all(house: &House, headers: &str) -> usize {
    let machine =
        letter("I am away until Monday.").replacen("Subject", &format!("{headers}Subject"), 1);
    // A person answers once, and is told why it was not posted.
    house.bring(&letter("Yes.")).await;
    let (mut answered, mut rounds) = (0, 0);
    while house.explained().len() > answered {
        answered += 1;
        rounds += 1;
        assert!(rounds < 10, "they talk for ever");
        house.bring(&machine.replace("<1@", &format!("<round-{rounds}@"))).await;
    }
    rounds
}

async fn rejecting() -> House {
    let house = House::usual().await;
    house.change(|ledger| ledger.facts.as_mut().unwrap().answers = Answers::Reject);
    house
}

#[tokio::test]
async fn a_machine_that_says_so_hears_nothing() {
    for headers in ["Auto-Submitted: auto-replied\n", "Precedence: auto_reply\n"] {
        let house = rejecting().await;
        assert_eq!(answer_all(&house, headers).await, 1);
        assert_eq!(house.explained(), [AnswerProblem::NotTaken]);
        assert_eq!(house.count(Outcome::Automatic), 1);
    }
}

/// One that carries no sign at all looks like a person. What it answers is our word of its answer
/// then, however much later.
#[tokio::test]
async fn a_machine_that_hides_comes_to_rest_too() {
    let house = rejecting().await;
    assert_eq!(answer_all(&house, "").await, 1);
    assert_eq!(house.explained().len(), 1);
    house.change(|ledger| ledger.facts.as_mut().unwrap().kind = NoticeKind::AnswerRefused);
    for _ in 0..3 {
        house.time.pass(60 * 60 * 1000);
        assert!(house.bring(&letter("Away.")).await.starts_with("550 5.7.1 Your message was not"));
    }
    assert_eq!(house.explained().len(), 1);
}

#[tokio::test]
async fn what_wants_no_answer_is_not_posted_and_mail_servers_say_so() {
    let quiet = letter("Yes.").replacen("Subject", "X-Auto-Response-Suppress: All\nSubject", 1);
    for house in [House::usual().await, rejecting().await] {
        assert!(house.bring(&quiet).await.starts_with("550 5.7.1 Your message was not"));
        assert!(house.posts().is_empty() && house.explained().is_empty());
        assert_eq!(house.count(Outcome::Refused), 1);
    }
}

#[tokio::test]
async fn a_machine_never_posts() {
    let house = House::usual().await;
    let mut caller = house.call().await;
    caller.say("LHLO mx").await;
    caller.say("MAIL FROM:<>").await;
    caller.say(&format!("RCPT TO:<{}>", house.reply_address())).await;
    caller.say("DATA").await;
    caller
        .send(letter("Your mail could not be delivered.").replace('\n', "\r\n") + "\r\n.\r\n")
        .await;
    assert_eq!(caller.hear().await, "250 2.0.0 Taken");
    assert!(house.posts().is_empty() && house.explained().is_empty());
    assert_eq!(house.count(Outcome::Automatic), 1);
}
