//! What a server says, or does not say, and what becomes of the mail then.

use super::{PATIENCE, is_sent, later, never, send, settings, to, transport};
use tidings_notifier::deliver::{CONNECTIONS_MAX, Transport};
use tidings_tests::{Conduct, MailSink, Stage, now, within};

const STAGES: [Stage; 6] =
    [Stage::Greeting, Stage::Hello, Stage::Sender, Stage::Recipient, Stage::Data, Stage::Content];

fn says(stage: Stage, answer: &str) -> Conduct {
    Conduct::Answer(stage, answer.to_owned())
}

#[tokio::test]
async fn a_temporary_answer_at_any_stage_means_later() {
    let sink = MailSink::start().await;
    for stage in STAGES {
        for answer in ["451 4.7.1 greylisted", "421 4.3.2 going down"] {
            let transport = transport(&sink);
            sink.next(says(stage, answer));
            let said = later(send(&transport, "1").await);
            assert!(said.ends_with(answer), "{stage:?}: {said}");
            assert!(is_sent(&send(&transport, "2").await), "{stage:?}");
        }
    }
    assert_eq!(sink.mails().len(), 2 * STAGES.len());
}

#[tokio::test]
async fn a_permanent_answer_is_the_end_only_if_it_is_about_the_mail() {
    let sink = MailSink::start().await;
    let transport = transport(&sink);
    for (stage, answer, is_end) in [
        (Stage::Greeting, "554 5.3.2 no service for you", false),
        (Stage::Hello, "550 5.7.1 who?", false),
        (Stage::Sender, "553 5.7.1 not your address", false),
        (Stage::Recipient, "530 5.7.0 log in first", false),
        (Stage::Recipient, "550 5.1.1 no such user", true),
        (Stage::Recipient, "550-5.2.1 on two\r\n550 5.2.1 lines", true),
        (Stage::Content, "554 5.7.1 looks like spam", true),
    ] {
        if matches!(stage, Stage::Greeting | Stage::Hello) {
            sink.close_idle().await;
        }
        sink.next(says(stage, answer));
        let delivery = send(&transport, "1").await;
        let said = if is_end { never(delivery) } else { later(delivery) };
        assert!(said.contains(&answer[..3]) && !said.contains('\n'), "{stage:?}: {said}");
        assert!(is_sent(&send(&transport, "2").await), "{stage:?}: {answer}");
    }
    sink.always(|to| if to.starts_with("ann@") { Conduct::unknown() } else { Conduct::Accept });
    assert!(never(send(&transport, "3").await).starts_with("550 5.1.1"));
    let other = transport.deliver(&to("bob@people.example"), super::mail("4")).await;
    assert!(is_sent(&other));
    // The two that were refused before it was made, and none for what was refused on it.
    assert_eq!(sink.connections(), 4);
}

#[tokio::test]
async fn a_connection_dropped_at_any_stage_means_later() {
    let sink = MailSink::start().await;
    for stage in STAGES {
        sink.next(Conduct::Drop(stage));
        later(send(&transport(&sink), "1").await);
    }
    assert_eq!(sink.mails(), []);
}

#[tokio::test]
async fn in_doubt_a_mail_is_sent_again_under_the_same_name() {
    let sink = MailSink::start().await;
    let transport = transport(&sink);
    sink.next(Conduct::KeepAndDrop);
    later(send(&transport, "1").await);
    assert!(is_sent(&send(&transport, "1").await));
    let mails = sink.wait_for(2).await;
    assert_eq!(mails[0].bytes, mails[1].bytes);
}

#[tokio::test]
async fn a_server_that_hangs_costs_a_mail_some_time_and_blocks_no_other() {
    let sink = MailSink::start().await;
    for stage in STAGES {
        let transport = Transport::open_with(&settings(&sink.url()), PATIENCE).unwrap();
        sink.next_times(CONNECTIONS_MAX, &Conduct::Hang(stage));
        let began = now();
        let all: Vec<_> = (0..CONNECTIONS_MAX)
            .map(|_| {
                let transport = transport.clone();
                tokio::spawn(async move { send(&transport, "1").await })
            })
            .collect();
        for one in all {
            let said = later(one.await.unwrap());
            assert!(said.contains("in time"), "{stage:?}: {said}");
        }
        assert!(began.elapsed() >= PATIENCE.command, "{stage:?}");
        // With so little patience, a machine that is busy makes it need another attempt.
        let sent = async { while !is_sent(&send(&transport, "2").await) {} };
        within(&format!("a mail to be sent after {stage:?}"), sent).await;
    }
}

#[tokio::test]
async fn nobody_there_means_later() {
    let sink = MailSink::start().await;
    let nobody = transport(&sink);
    drop(sink);
    // The port may still be open for a moment.
    later(send(&nobody, "1").await);
    let transport = Transport::open(&settings("smtp://nowhere.invalid?tls=none")).unwrap();
    assert!(later(send(&transport, "1").await).contains("nowhere.invalid:587"));
}
