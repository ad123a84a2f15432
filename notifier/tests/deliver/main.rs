//! Mails handed over for real: to a server that does as it is told, and to one that others use.

mod exim;
mod refusals;

mod signed;
mod smtp;
mod tls;

use lettre::Address;
use lettre::address::Envelope;
use std::time::Duration;
use tidings_notifier::deliver::{Delivery, Limits, Settings, Transport};
use tidings_tests::MailSink;

/// Long enough for what takes no time, short enough to wait for.
const PATIENCE: Limits = Limits {
    connect: Duration::from_millis(500),
    command: Duration::from_millis(500),
    content: Duration::from_millis(500),
    idle: Duration::from_secs(30),
};

fn settings(url: &str) -> Settings {
    Settings {
        smtp: Some(url.parse().expect("a URL is given")),
        smtp_password_file: None,
        folder: "/nonexistent".into(),
        dkim: None,
    }
}

fn transport(sink: &MailSink) -> Transport {
    Transport::open(&settings(&sink.url())).expect("it needs no file")
}

fn to(recipient: &str) -> Envelope {
    let address = |text: &str| text.parse::<Address>().expect("an address is given");
    let to = vec![address(recipient)];
    Envelope::new(Some(address("post@firm.example")), to).expect("there is a recipient")
}

/// A mail, by its `Message-ID`.
fn mail(id: &str) -> Vec<u8> {
    let fields = [
        "From: \"Firm\" <post@firm.example>",
        "To: ann@people.example",
        "Subject: You have\r\n a new message",
        "Date: Tue, 14 Jul 2026 23:30:05 +0000",
        &format!("Message-ID: <{id}@firm.example>"),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "List-Unsubscribe: <https://firm.example/u/1>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ];
    let body = "Good  day,\r\n\r\n.\r\n..\r\n.leading dot \r\n\t that was all\r\n";
    format!("{}\r\n\r\n{body}", fields.join("\r\n")).into_bytes()
}

async fn send(transport: &Transport, id: &str) -> Delivery {
    transport.deliver(&to("ann@people.example"), mail(id)).await
}

fn is_sent(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Sent { .. })
}

/// What was said, if it is to be tried again.
fn later(delivery: Delivery) -> String {
    match delivery {
        Delivery::Later { answer } => answer,
        other => panic!("{other:?}"),
    }
}

/// What was said, if it is given up.
fn never(delivery: Delivery) -> String {
    match delivery {
        Delivery::Never { answer } => answer,
        other => panic!("{other:?}"),
    }
}
