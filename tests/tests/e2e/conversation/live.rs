//! What is shown live and never stored: typing, presence; and receipts.

use tidings_protocol::{Command, Encoding, Receipt, Reply, Seq, ServerFrame};
use tidings_tests::{Cast, Server, post, start_thread, thread as draft};

#[tokio::test]
async fn typing_is_told_to_the_others_in_the_thread() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect_with(cast.carlos, Encoding::Postcard).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let refusal = carlos.refused(Command::Typing { thread }).await;
    assert_eq!(refusal.code, tidings_protocol::RefusalCode::NotJoined);

    carlos.join(thread, None).await;
    mia.join_live(thread).await;
    assert_eq!(carlos.done(Command::Typing { thread }).await, Reply::Done {});
    let typing = ServerFrame::Typing { thread, person: cast.carlos };
    mia.frame("typing", |frame| (*frame == typing).then_some(())).await;
    let last = carlos.written(post(thread, "done typing")).await;
    mia.events_up_to(last).await;
    carlos.events_up_to(last).await;
    let own = carlos.frames().any(|frame| matches!(frame, ServerFrame::Typing { .. }));
    assert!(!own, "nobody is told of their own typing");
}

#[tokio::test]
async fn presence_is_whoever_looks_from_any_device() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let present = |expected: usize| {
        move |frame: &ServerFrame| match frame {
            ServerFrame::Presence { people, count, .. } if people.len() == expected => Some(*count),
            _ => None,
        }
    };
    mia.join(thread, None).await;
    assert_eq!(mia.frame("oneself to be there", present(1)).await, 1);
    let mut phone = cast.firm.connect(cast.carlos).await;
    assert_eq!(phone.join(thread, None).await.present, [cast.mia]);
    assert_eq!(mia.frame("both to be there", present(2)).await, 2);
    let mut laptop = cast.firm.connect_with(cast.carlos, Encoding::Postcard).await;
    assert_eq!(laptop.join(thread, None).await.present.len(), 2, "people, not devices");
    mia.forget_frames();
    phone.done(Command::Presence { thread, looking: false }).await;
    laptop.done(Command::Presence { thread, looking: false }).await;
    assert_eq!(mia.frame("both devices to look away", present(1)).await, 1);
    mia.forget_frames();
    phone.done(Command::Presence { thread, looking: true }).await;
    assert_eq!(mia.frame("one device to look again", present(2)).await, 2);
    mia.forget_frames();
    // A connection that is lost looks no more.
    drop(phone);
    assert_eq!(mia.frame("the device to be gone", present(1)).await, 1);
}

#[tokio::test]
async fn receipts_move_forward_only_and_everybody_sees_them() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    for _ in 0..3 {
        mia.written(post(thread, "and another")).await;
    }
    mia.join(thread, None).await;
    let mut carlos = cast.firm.connect_with(cast.carlos, Encoding::Postcard).await;
    assert_eq!(carlos.join(thread, None).await.view.item.unread, 4);
    let steps = [(3, 3, 2), (2, 3, 2), (4, 4, 1), (99, 5, 0), (0, 5, 0)];
    for (up_to, seq, unread) in steps {
        let reply = carlos.done(Command::Read { thread, up_to: Seq(up_to) }).await;
        assert_eq!(reply, Reply::ReadUpTo { seq: Seq(seq), unread }, "read up to {up_to}");
    }
    // They are merged under load, but the last one arrives.
    let mut told = Seq(0);
    while told < Seq(5) {
        let next = mia
            .frame("a receipt", |frame| match frame {
                ServerFrame::Receipts { receipts, .. } => {
                    let by_carlos = |receipt: &&Receipt| receipt.person == cast.carlos;
                    receipts.iter().find(by_carlos).map(|receipt| receipt.seq)
                }
                _ => None,
            })
            .await;
        assert!(next > told, "from {told} to {next}");
        told = next;
    }
    let reply = mia.done(Command::GetThread { thread }).await;
    let Reply::Thread(view) = reply else { panic!("{reply:?}") };
    assert!(view.receipts.contains(&Receipt { person: cast.carlos, seq: Seq(5) }));
    assert!(view.receipts.contains(&Receipt { person: cast.mia, seq: Seq(5) }), "posting reads");
}
