//! What happens becomes one mail, or none if there is nothing to tell any more.

use crate::office::Office;
use std::collections::HashSet;
use std::path::Path;
use tidings_notifier::deliver::Settings;
use tidings_protocol::{NoticeReason, NoticeState};
use tidings_tests::MailSink;

#[tokio::test]
async fn a_message_becomes_one_mail_two_minutes_later() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    let thread = office.writes("The annual accounts are ready").await;
    office.clock.pass_s(119);
    assert!(office.is_idle().await, "two minutes are not over");
    let notifier = office.notifier(&sink);
    office.clock.pass_s(1);
    let notice = office.wait_for(thread, |notice| notice.state == NoticeState::Sent).await;
    office.clock.pass_s(7 * 24 * 3_600);
    assert!(office.is_idle().await, "that was it");
    notifier.stops().await;

    let mails = sink.mails();
    let [mail] = &mails[..] else { panic!("{} mails", mails.len()) };
    assert_eq!(mail.to, ["carla@client.example"]);
    assert_eq!(Some(mail.message_id().trim_matches(['<', '>'])), notice.message_id.as_deref());
    assert_eq!(notice.attempts, 1);
    let text = mail.text().replace("=\r\n", "");
    assert!(text.contains("https://chat.example/v1/login/"), "{text}");
    assert!(mail.header("List-Unsubscribe").unwrap().contains("/v1/unsubscribe/"));
    assert!(mail.header("Reply-To").unwrap().contains("@reply.example"));
}

#[tokio::test]
async fn what_was_read_in_time_is_not_mailed() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    let (read, unread) = (office.writes("One").await, office.writes("Two").await);
    office.reads(read).await;
    office.clock.pass_s(120);
    let notifier = office.notifier(&sink);
    office.wait_for(unread, |notice| notice.state == NoticeState::Sent).await;
    let dropped = office.wait_for(read, |notice| notice.state == NoticeState::Dropped).await;
    assert_eq!(dropped.reason, Some(NoticeReason::Read));
    notifier.stops().await;
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn two_notifiers_at_once_send_each_mail_once() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    let mut threads = Vec::new();
    for number in 0..30 {
        threads.push(office.writes(&format!("Number {number}")).await);
    }
    let (one, other) = (office.notifier(&sink), office.notifier(&sink));
    office.clock.pass_s(120);
    for thread in &threads {
        office.wait_for(*thread, |notice| notice.state == NoticeState::Sent).await;
    }
    one.stops().await;
    other.stops().await;
    let mails = sink.mails();
    let ids: HashSet<_> = mails.iter().map(tidings_tests::TakenMail::message_id).collect();
    assert_eq!((mails.len(), ids.len()), (threads.len(), threads.len()));
}

#[tokio::test]
async fn without_a_mail_server_mails_are_files() {
    let (office, folder) = (Office::new().await, tempfile::tempdir().unwrap());
    let files = |folder: &Path| std::fs::read_dir(folder).unwrap().count();
    let thread = office.writes("Hello").await;
    office.clock.pass_s(120);
    let notifier = office.notifier_to(&Settings {
        smtp: None,
        smtp_password_file: None,
        folder: folder.path().join("mail"),
        dkim: None,
    });
    let notice = office.wait_for(thread, |notice| notice.state == NoticeState::Sent).await;
    notifier.stops().await;
    assert_eq!(files(&folder.path().join("mail")), 1);
    assert!(notice.answer.unwrap().contains(".eml"));
}
