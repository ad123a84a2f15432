//! What happens becomes one mail, or none if there is nothing to tell any more.

use crate::office::Office;
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::Ordering;
use tidings_notifier::deliver::{CONNECTIONS_MAX, Settings};
use tidings_protocol::{NoticeReason, NoticeState};
use tidings_tests::{Conduct, MailSink, TakenMail};

/// Mails that wait for a server that was busy.
const WAITING: usize = 40;

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
async fn much_that_is_to_be_decided_is_decided_a_few_at_a_time() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    let mut threads = Vec::new();
    for number in 0..70 {
        threads.push(office.writes(&format!("Number {number}")).await);
    }
    office.clock.pass_s(120);
    let notifier = office.notifier(&sink);
    for thread in &threads {
        office.wait_for(*thread, |notice| notice.state == NoticeState::Sent).await;
    }
    notifier.stops().await;
    let most = office.store.most_looks.load(Ordering::SeqCst);
    assert!((2..=32).contains(&most), "{most}");
}

#[tokio::test]
async fn a_link_to_log_in_goes_before_all_that_waits() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    sink.next_times(WAITING, &Conduct::busy());
    let mut threads = Vec::new();
    for number in 0..WAITING {
        threads.push(office.writes(&format!("Number {number}")).await);
    }
    office.clock.pass_s(120);
    let first = office.notifier(&sink);
    for thread in &threads {
        office.wait_for(*thread, |notice| notice.answer.is_some()).await;
    }
    first.stops().await;
    office.clock.pass_s(120);
    office.asks_for_a_link().await;
    // None of those comes to an end that are under way first.
    sink.next_times(CONNECTIONS_MAX, &Conduct::KeepAndHang);
    let second = office.notifier(&sink);
    let mails = sink.wait_for(CONNECTIONS_MAX).await;
    second.dies().await;
    let is_link = |mail: &TakenMail| mail.header("List-Unsubscribe").is_none();
    assert_eq!(mails.iter().filter(|mail| is_link(mail)).count(), 1, "{mails:?}");
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
    let ids: HashSet<_> = mails.iter().map(TakenMail::message_id).collect();
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
