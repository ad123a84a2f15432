//! Notifiers of their own, killed at any moment, and several at once.

use crate::checker::check;
use crate::scene::{Scene, all_settled};
use std::collections::BTreeSet;
use std::time::Duration;
use tidings_protocol::Notice;
use tidings_tests::{Conduct, DEADLINE, TakenMail};

/// How often a notifier is killed.
const KILLS: usize = 100;

/// Threads that are written in.
const THREADS: usize = 10;

/// Longest life of a notifier that is to be killed, once it is ready.
const LIFE: Duration = Duration::from_millis(150);

/// Waits until everything posted is told by a notifier that is at work, and put down; gives the ledger.
async fn all_is_told(scene: &Scene, posted: &BTreeSet<String>) -> Vec<Notice> {
    let untold = || {
        let text: String = scene.sink.mails().iter().map(TakenMail::text).collect();
        posted.iter().filter(|word| !text.contains(word.as_str())).collect::<Vec<_>>()
    };
    let telling = async {
        while !untold().is_empty() {
            scene.mails_are_due_again();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let told = tokio::time::timeout(DEADLINE, telling).await.is_ok();
    let ledger = scene.ledger().await;
    assert!(told, "nobody is told of {:?}: {ledger:?}", untold());
    scene
        .ledger_when("every notice to be settled", |ledger| {
            scene.mails_are_due_again();
            all_settled(ledger)
        })
        .await
}

/// Everything posted has a word of its own, of which none begins another.
fn word(number: usize) -> String {
    format!("word-{number:05}.")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notifier_killed_a_hundred_times_forgets_nothing_and_doubles_nothing() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut chance = fastrand::Rng::with_seed(seed);
    let scene = Scene::without_notifier().await;
    let mut posted = BTreeSet::new();
    let mut threads = Vec::new();
    for number in 0..THREADS {
        threads.push(scene.thread(&word(number)).await);
        posted.insert(word(number));
    }
    for kill in 0..KILLS {
        let mut notifier = scene.notifier();
        // Some die before they are ready, most amid their work.
        let dies_early = kill % 10 == 9;
        if !dies_early {
            let ready = |line: &str| line.contains(r#""message":"ready""#).then_some(());
            notifier.logs.wait_for("the notifier to be ready", ready).await.unwrap();
        }
        let number = THREADS + kill;
        scene.post(scene.cast.mia, threads[kill % THREADS], &word(number)).await;
        posted.insert(word(number));
        if kill % 7 == 0 {
            scene.sink.next(Conduct::KeepAndDrop);
        }
        if kill % 10 == 8 {
            // A mail is given up some day whose every attempt breaks off.
            all_is_told(&scene, &posted).await;
        } else {
            tokio::time::sleep(LIFE.mul_f64(chance.f64())).await;
        }
        notifier.kill().await;
        scene.leases_run_out().await;
    }
    let _last = scene.notifier();
    let ledger = all_is_told(&scene, &posted).await;
    let mails: Vec<_> =
        scene.sink.mails().into_iter().filter(|mail| mail.to[0].contains("carlos")).collect();
    let found = check(&mails, &posted, &ledger);
    println!("{} mails, {} came again under their Message-ID", found.mails, found.repeated);
    // Only what was in doubt came again.
    let doubts: u32 = ledger.iter().map(|notice| notice.attempts.saturating_sub(1)).sum();
    assert!(found.repeated <= doubts as usize, "{} again, {doubts} doubts", found.repeated);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_notifiers_one_sends_each_mail() {
    let scene = Scene::without_notifier().await;
    let notifiers = [scene.notifier(), scene.notifier(), scene.notifier()];
    for notifier in &notifiers {
        let ready = |line: &str| line.contains(r#""message":"ready""#).then_some(());
        notifier.logs.wait_for("the notifier to be ready", ready).await.unwrap();
    }
    let mut posted = BTreeSet::new();
    for number in 0..3 * THREADS {
        scene.thread(&word(number)).await;
        posted.insert(word(number));
    }
    let ledger = scene
        .ledger_when("every thread to be told of", |ledger| {
            ledger.len() >= 3 * THREADS && all_settled(ledger)
        })
        .await;
    let found = check(&scene.sink.mails(), &posted, &ledger);
    assert_eq!((found.mails, found.repeated), (3 * THREADS, 0));
}
