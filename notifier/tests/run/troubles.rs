//! Mail servers that don't take it, stores that don't answer, notifiers that die: late at worst, and
//! known as the same mail if it comes twice.

use crate::office::Office;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tidings_protocol::{InboxKind, NoticeReason, NoticeState};
use tidings_tests::{Conduct, MailSink, within};

/// Longer than any claim lasts, in seconds.
const LEASE_OVER_S: i64 = 16 * 60;

#[tokio::test]
async fn a_notifier_that_dies_before_it_has_settled_is_followed_under_the_same_message_id() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    sink.next(Conduct::KeepAndHang);
    let thread = office.writes("Hello").await;
    office.clock.pass_s(120);
    let dying = office.notifier(&sink);
    sink.wait_for(1).await;
    dying.dies().await;

    let following = office.notifier(&sink);
    office.clock.pass_s(60);
    assert!(office.is_idle().await, "the claim of the dead one still stands");
    office.clock.pass_s(LEASE_OVER_S);
    let notice = office.wait_for(thread, |notice| notice.state == NoticeState::Sent).await;
    following.stops().await;
    let mails = sink.mails();
    assert_eq!((mails.len(), notice.attempts), (2, 2));
    assert_eq!(mails[0].message_id(), mails[1].message_id());
    assert_eq!(mails[0].bytes, mails[1].bytes, "it is the same mail");
}

#[tokio::test]
async fn what_is_not_taken_now_is_tried_again() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    sink.next(Conduct::busy());
    let thread = office.writes("Hello").await;
    office.clock.pass_s(120);
    let notifier = office.notifier(&sink);
    let put_off = office.wait_for(thread, |notice| notice.answer.is_some()).await;
    assert_eq!((put_off.state, put_off.attempts), (NoticeState::Waiting, 1));
    assert!(put_off.answer.unwrap().contains("451"));
    assert!(office.is_idle().await, "not at once");
    office.clock.pass_s(120);
    let sent = office.wait_for(thread, |notice| notice.state == NoticeState::Sent).await;
    notifier.stops().await;
    assert_eq!((sent.attempts, sent.message_id), (2, put_off.message_id));
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn what_is_refused_for_good_is_told_to_the_team() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    sink.next(Conduct::unknown());
    let thread = office.writes("Hello").await;
    office.clock.pass_s(120);
    let notifier = office.notifier(&sink);
    let failed = office
        .wait_for(thread, |notice| notice.state == NoticeState::Failed && notice.answer.is_some());
    let failed = failed.await;
    notifier.stops().await;
    assert_eq!(failed.reason, Some(NoticeReason::Refused));
    assert!(failed.message_id.is_some(), "it was offered under that");
    assert!(failed.answer.unwrap().contains("550"));
    let items = office.inbox().await;
    assert!(
        items.iter().any(|item| item.thread == thread && item.kind == InboxKind::DeliveryFailed),
        "{items:?}"
    );
    assert!(sink.mails().is_empty());
}

#[tokio::test]
async fn a_store_that_does_not_take_the_news_is_told_again() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    office.store.settlements_refused.store(2, Ordering::SeqCst);
    let thread = office.writes("Hello").await;
    office.clock.pass_s(120);
    let notifier = office.notifier(&sink);
    office.wait_for(thread, |notice| notice.state == NoticeState::Sent).await;
    notifier.stops().await;
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn that_a_mail_was_sent_is_put_down_however_late() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    let refused = &office.store.settlements_refused;
    refused.store(u32::MAX, Ordering::SeqCst);
    let more_than = async |many: u32| {
        while u32::MAX - refused.load(Ordering::SeqCst) <= many {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let thread = office.writes("Hello").await;
    office.clock.pass_s(120);
    let notifier = office.notifier(&sink);
    within("a settlement", more_than(0)).await;
    office.clock.pass_s(LEASE_OVER_S);
    within("two more", more_than(2)).await;
    refused.store(0, Ordering::SeqCst);
    let sent = office.wait_for(thread, |notice| notice.state == NoticeState::Sent).await;
    notifier.stops().await;
    assert_eq!((sent.attempts, sink.mails().len()), (1, 1));
}

#[tokio::test]
async fn a_claim_that_was_granted_without_a_word_only_delays() {
    let (office, sink) = (Office::new().await, MailSink::start().await);
    office.store.claims_unanswered.store(1, Ordering::SeqCst);
    let thread = office.writes("Hello").await;
    office.clock.pass_s(120);
    let notifier = office.notifier(&sink);
    office.wait_for(thread, |notice| notice.attempts == 1).await;
    assert!(sink.mails().is_empty(), "nothing is sent without a claim");
    office.clock.pass_s(LEASE_OVER_S);
    office.wait_for(thread, |notice| notice.state == NoticeState::Sent).await;
    notifier.stops().await;
    assert_eq!(sink.mails().len(), 1);
}
