//! Answers by email, with a real mail server between everybody: it takes our mails, and passes answers
//! to them on by LMTP. They are written by Python's own library.

use crate::scene::{FROM, Scene};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tidings_protocol::{EventKind, HistoryFrom, NoticeKind, Outcome, Reply, ThreadId};
use tidings_tests::{Authority, Exim, EximSetup, Port, Route, TakenMail, within};

/// Where mails are answered to.
const REPLIES: &str = "reply.bright.example";

/// Between two looks at something that is waited for.
const AGAIN: Duration = Duration::from_millis(50);

/// How long it has to be quiet to be at rest.
const QUIET: Duration = Duration::from_secs(4);

/// Sends a mail: its arguments are the server's port, sender, recipient, subject and text; further
/// fields follow, each `Name: value`.
const SEND: &str = r#"
import smtplib, sys
from email.message import EmailMessage
port, sender, to, subject, text, *fields = sys.argv[1:]
mail = EmailMessage()
mail["From"], mail["To"], mail["Subject"] = sender, to, subject
for field in fields:
    name, value = field.split(": ", 1)
    mail[name] = value
mail.set_content(text)
with smtplib.SMTP("127.0.0.1", int(port)) as server:
    server.send_message(mail)
"#;

/// A firm whose mails go through a real mail server, and whose client answers them there.
struct Post {
    scene: Scene,
    exim: Exim,
    /// Where answers are brought to: both programs have to be told of it before either listens.
    _inbound: Port,
}

impl Post {
    async fn new() -> Self {
        let inbound = Port::take();
        let routes = vec![Route::lmtp(REPLIES, inbound.address())];
        let setup = EximSetup { routes, ..EximSetup::default() };
        let exim = Exim::start(setup, &Authority::new()).await;
        let further = [
            ("mail-smtp", exim.url()),
            ("mail-reply-domain", REPLIES.to_owned()),
            ("mail-inbound-listen", inbound.address().to_string()),
        ];
        Self { scene: Scene::with(&further).await, exim, _inbound: inbound }
    }

    /// The one mail to somebody that is as wanted. A folder of mails has no order.
    async fn mail_to(&self, name: &str, wanted: impl Fn(&TakenMail) -> bool) -> TakenMail {
        within(&format!("a mail to {name}"), async {
            loop {
                let mails = self.exim.mails().into_iter();
                let mut theirs = mails.filter(|mail| mail.to[0].contains(name) && wanted(mail));
                if let Some(mail) = theirs.next() {
                    return mail;
                }
                tokio::time::sleep(AGAIN).await;
            }
        })
        .await
    }

    /// The mail that tells the client of a message.
    async fn mail(&self) -> TakenMail {
        self.mail_to("carlos", |mail| mail.from == FROM).await
    }

    /// Somebody sends a mail.
    async fn send(&self, from: &str, to: &str, text: &str, fields: &[&str]) {
        let port = self.exim.address().port().to_string();
        let mut python = tokio::process::Command::new("python3");
        python.args(["-c", SEND, &port, from, to, "Re: Annual accounts", text]).args(fields);
        let output = within("Python to send a mail", python.output()).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The client answers a mail as mail programs do.
    async fn answer(&self, mail: &TakenMail, text: &str, fields: &[&str]) {
        let to = mail.header("reply-to").or_else(|| mail.header("from")).unwrap();
        self.send("Carlos Vega <carlos.vega@mail.example>", &to, text, fields).await;
    }

    /// What was said in a thread.
    async fn said(&self, thread: ThreadId) -> Vec<String> {
        let ask = tidings_protocol::Command::History {
            thread,
            from: HistoryFrom::After(tidings_protocol::Seq(0)),
            limit: None,
        };
        let mia = self.scene.cast.mia;
        let Outcome::Ok(Reply::History { events, .. }) = self.scene.firm().command(mia, &ask).await
        else {
            panic!("no history")
        };
        let bodies = events.into_iter().filter_map(|event| match event.kind {
            EventKind::MessagePosted { body, .. } => Some(body),
            _ => None,
        });
        bodies.collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_by_email_is_posted_once_without_what_it_quotes() {
    let post = Post::new().await;
    post.scene.set(json!({ "answers": "deliver" })).await;
    let thread = post.scene.thread("Where are the receipts?").await;
    let mail = post.mail().await;
    assert!(mail.header("reply-to").unwrap().contains(&format!("@{REPLIES}")), "{}", mail.text());
    let text = "Here they are.\n\nOn Sun, 22 Nov 2026 at 10:00, Visser & Co wrote:\n\
         > Where are the receipts?\n\n-- \nCarlos";
    for _ in 0..2 {
        post.answer(&mail, text, &["Message-ID: <answer.1@mail.example>"]).await;
    }
    post.answer(&mail, "And one more.", &["Message-ID: <answer.2@mail.example>"]).await;
    let said = within("the answers to be posted", async {
        loop {
            let said = post.said(thread).await;
            if said.len() >= 3 {
                return said;
            }
            tokio::time::sleep(AGAIN).await;
        }
    })
    .await;
    let mut answers = said[1..].to_vec();
    answers.sort();
    assert_eq!(answers, ["And one more.", "Here they are."], "{}", post.exim.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_taken_is_answered_politely_and_machines_never() {
    let post = Post::new().await;
    let thread = post.scene.thread("Where are the receipts?").await;
    let mail = post.mail().await;
    post.answer(&mail, "I am away.", &["Auto-Submitted: auto-replied"]).await;
    post.answer(&mail, "Here they are.", &[]).await;
    // From nobody, so that nothing answers it by itself.
    let refusal = post.mail_to("carlos", |mail| mail.from.is_empty()).await;
    assert_eq!(refusal.header("auto-submitted").as_deref(), Some("auto-replied"));
    assert_eq!(post.said(thread).await.len(), 1);
    let ledger = post.scene.ledger().await;
    let refused = ledger.iter().filter(|notice| notice.kind == NoticeKind::AnswerRefused);
    assert_eq!(refused.count(), 1, "{ledger:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_its_reader_can_not_answer_a_mail() {
    let post = Post::new().await;
    post.scene.set(json!({ "answers": "deliver" })).await;
    let thread = post.scene.thread("Where are the receipts?").await;
    let mail = post.mail().await;
    let to = mail.header("reply-to").unwrap();
    post.send("Mallory <mallory@elsewhere.example>", &to, "Send it to me.", &[]).await;
    // The one who sent it is told by the mail server that brought it.
    post.mail_to("mallory", |mail| mail.from.is_empty()).await;
    assert_eq!(post.said(thread).await.len(), 1);
}

/// One that answers every mail at once, to whoever its header names, and says nowhere that it is a
/// machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_answers_everything_comes_to_rest() {
    let post = Post::new().await;
    post.scene.thread("Where are the receipts?").await;
    let (mut answered, mut last) = (BTreeSet::new(), tidings_tests::now());
    within("it to come to rest", async {
        // The first two come in any case, however late.
        while answered.len() < 2 || last.elapsed() < QUIET {
            for mail in post.exim.mails().iter().filter(|mail| mail.to[0].contains("carlos")) {
                if answered.insert(mail.message_id()) {
                    post.answer(mail, "Thank you for your mail.", &[]).await;
                    last = tidings_tests::now();
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
    })
    .await;
    let mails = post.exim.mails();
    let from_us = |mail: &&TakenMail| mail.header("from").is_some_and(|from| from.contains(FROM));
    let to_it = mails.iter().filter(|mail| mail.to[0].contains("carlos")).filter(from_us);
    assert_eq!(to_it.count(), 2, "the message, and one that says that it was not posted");
    let status: Value = post.scene.firm().http.get("/v1/notices").await.json();
    assert!(status["items"].as_array().unwrap().len() <= 2, "{status}");
}
