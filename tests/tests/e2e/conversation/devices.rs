//! Several devices of one person, and what each hears without joining anything.

use tidings_protocol::{Badges, Command, Encoding, Seq, ServerFrame, ThreadId};
use tidings_tests::{Cast, Client, Server, member_id, post, start_thread, thread as draft};

async fn badges(client: &mut Client, what: &str, expected: (u64, u64)) {
    let agree = |frame: &ServerFrame| match frame {
        ServerFrame::BadgesChanged(Badges { unread_threads, unread_messages, .. }) => {
            ((*unread_threads, *unread_messages) == expected).then_some(())
        }
        _ => None,
    };
    client.frame(what, agree).await;
}

async fn changed(client: &mut Client, what: &str, thread: ThreadId, head: Seq) {
    let pick = |frame: &ServerFrame| match frame {
        ServerFrame::ThreadChanged(summary) if summary.thread == thread => {
            (summary.head >= head).then_some(())
        }
        _ => None,
    };
    client.frame(what, pick).await;
}

#[tokio::test]
async fn reading_on_one_device_clears_the_badge_on_all() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut phone = cast.firm.connect(cast.carlos).await;
    let mut laptop = cast.firm.connect_with(cast.carlos, Encoding::Postcard).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let seq = mia.written(post(thread, "one more")).await;
    for device in [&mut phone, &mut laptop] {
        changed(device, "the thread", thread, seq).await;
        badges(device, "two unread messages", (1, 2)).await;
    }
    phone.done(Command::Read { thread, up_to: seq }).await;
    for device in [&mut phone, &mut laptop] {
        let read = ServerFrame::ReadChanged { thread, read: seq, messages_read: 2 };
        device.frame("it to be read", |frame| (*frame == read).then_some(())).await;
        badges(device, "nothing unread", (0, 0)).await;
    }
}

#[tokio::test]
async fn posting_on_one_device_reads_on_the_other() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let mut phone = cast.firm.connect(cast.carlos).await;
    let mut laptop = cast.firm.connect(cast.carlos).await;
    assert_eq!(laptop.welcome().await.badges.unread_messages, 1);
    let seq = phone.written(post(thread, "read and answered")).await;
    changed(&mut laptop, "the answer", thread, seq).await;
    let read = ServerFrame::ReadChanged { thread, read: seq, messages_read: 2 };
    laptop.frame("it to be read", |frame| (*frame == read).then_some(())).await;
    badges(&mut laptop, "nothing unread", (0, 0)).await;
}

#[tokio::test]
async fn an_inbox_item_put_away_on_one_device_goes_from_all() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut phone = cast.firm.connect(cast.mia).await;
    let mut laptop = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut phone, draft(cast.account, "Taxes", &[])).await;
    carlos.written(post(thread, "an answer")).await;
    let item = |archived: bool| {
        move |frame: &ServerFrame| match frame {
            ServerFrame::InboxChanged(item) => (item.archived == archived).then_some(()),
            _ => None,
        }
    };
    for device in [&mut phone, &mut laptop] {
        device.frame("the item", item(false)).await;
    }
    phone.done(Command::ArchiveInboxItem { thread, archived: true }).await;
    for device in [&mut phone, &mut laptop] {
        device.frame("the item to be put away", item(true)).await;
        device
            .frame("an empty inbox", |frame| match frame {
                ServerFrame::BadgesChanged(badges) => (badges.inbox == 0).then_some(()),
                _ => None,
            })
            .await;
    }
}

#[tokio::test]
async fn who_has_joined_gets_events_and_who_has_not_gets_the_feed() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut joined = cast.firm.connect(cast.carlos).await;
    let mut beside = cast.firm.connect(cast.carlos).await;
    let mut noa = cast.firm.connect(cast.noa).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    changed(&mut joined, "the new thread", thread, Seq(2)).await;
    joined.join(thread, None).await;
    joined.forget_frames();
    let seq = mia.written(post(thread, "hello")).await;
    joined.events_up_to(seq).await;
    changed(&mut beside, "the message", thread, seq).await;
    badges(&mut joined, "two unread messages", (1, 2)).await;
    let told = |client: &Client| {
        let about = |frame: &&ServerFrame| matches!(frame, ServerFrame::ThreadChanged(_));
        client.frames().filter(about).count()
    };
    assert_eq!(told(&joined), 0, "the feed does not repeat what the room says");
    // Noa hears of what she sees only; her own preferences come in the meantime.
    noa.done(Command::GetPreferences {}).await;
    assert_eq!(told(&noa), 0);
}

#[tokio::test]
async fn who_sees_more_than_before_is_told_how_everything_stands_now() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let mut noa = cast.firm.connect(cast.noa).await;
    assert_eq!(noa.welcome().await.threads, []);
    cast.firm.assign(cast.account, member_id(cast.noa), true).await;
    let welcome = noa.welcome().await;
    assert_eq!(welcome.threads.len(), 1);
    assert_eq!((welcome.threads[0].summary.thread, welcome.badges.unread_messages), (thread, 1));
    let seq = mia.written(post(thread, "hello Noa")).await;
    changed(&mut noa, "what happens there now", thread, seq).await;
}
