//! Connections: one for many mails, a bounded number of them, and none that is of no use any more.

use super::{is_sent, later, mail, send, settings, to, transport};
use std::time::Duration;
use tidings_notifier::deliver::{CONNECTIONS_MAX, Delivery, Limits, Transport};
use tidings_tests::{Conduct, FaultProxy, MailSink, SinkSetup, Stage, within};

#[tokio::test]
async fn mails_arrive_as_they_are_over_one_connection() {
    let sink = MailSink::start().await;
    let transport = transport(&sink);
    for id in ["1", "2", "3"] {
        let sent = send(&transport, id).await;
        assert_eq!(sent, Delivery::Sent { answer: "250 2.0.0 kept".to_owned() });
    }
    let mails = sink.wait_for(3).await;
    assert_eq!(mails[2].bytes, mail("3"));
    assert_eq!(mails[2].message_id(), "<3@firm.example>");
    assert_eq!(mails[2].header("subject").unwrap(), "You have a new message");
    assert_eq!((&*mails[2].from, &*mails[2].to[0]), ("post@firm.example", "ann@people.example"));
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn many_at_once_share_a_few_connections() {
    let sink = MailSink::start().await;
    let transport = transport(&sink);
    let all = (0..40).map(|id| {
        let transport = transport.clone();
        tokio::spawn(async move { send(&transport, &id.to_string()).await })
    });
    for one in all.collect::<Vec<_>>() {
        assert!(is_sent(&one.await.unwrap()));
    }
    assert_eq!(sink.mails().len(), 40);
    assert!(sink.connections() <= CONNECTIONS_MAX, "{}", sink.connections());
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_fails_no_mail() {
    let sink = MailSink::start().await;
    let proxy = FaultProxy::start(sink.address()).await;
    let url = format!("smtp://{}?tls=none", proxy.address());
    let transport = Transport::open(&settings(&url)).unwrap();
    assert!(is_sent(&send(&transport, "1").await));
    sink.close_idle().await;
    assert!(is_sent(&send(&transport, "2").await), "after the server has closed it");
    proxy.reset_all();
    assert!(is_sent(&send(&transport, "3").await), "after the network has");
    sink.next(Conduct::Answer(Stage::Sender, "421 4.7.0 enough for one connection".to_owned()));
    assert!(is_sent(&send(&transport, "4").await), "after it was told that it is over");
    sink.next(Conduct::Drop(Stage::Data));
    assert!(is_sent(&send(&transport, "5").await), "after it was lost before the mail");
    assert_eq!((sink.mails().len(), sink.connections()), (5, 5));
}

#[tokio::test]
async fn idle_connections_are_closed_after_a_while() {
    let sink = MailSink::start().await;
    let limits = Limits { idle: Duration::from_millis(20), ..Limits::default() };
    let transport = Transport::open_with(&settings(&sink.url()), limits).unwrap();
    assert!(is_sent(&send(&transport, "1").await));
    sink.wait_for_open(0).await;
    assert!(is_sent(&send(&transport, "2").await));
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn one_that_is_given_up_in_the_middle_is_never_used_again() {
    let sink = MailSink::start().await;
    let transport = transport(&sink);
    assert!(is_sent(&send(&transport, "1").await));
    sink.next(Conduct::KeepAndHang);
    tokio::select! {
        sent = send(&transport, "2") => panic!("{sent:?} without an answer"),
        // It has it, and says nothing: whoever sends it goes away.
        _ = sink.wait_for(2) => {}
    }
    sink.wait_for_open(0).await;
    assert!(is_sent(&send(&transport, "3").await));
    assert_eq!((sink.mails().len(), sink.connections()), (3, 2));
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_later_and_named() {
    let sink = MailSink::start().await;
    let transport = transport(&sink);
    let address = sink.address();
    drop(sink);
    let away = async { while is_sent(&send(&transport, "1").await) {} };
    within("the server to be away", away).await;
    assert!(later(send(&transport, "2").await).contains(&address.to_string()));
}

#[tokio::test]
async fn letters_of_any_alphabet_need_a_server_that_takes_them() {
    let sink = MailSink::start().await;
    let sent = transport(&sink).deliver(&to("дом@people.example"), mail("1")).await;
    assert!(is_sent(&sent), "{sent:?}");
    let taken = &sink.wait_for(1).await[0];
    assert_eq!(taken.to, ["дом@people.example"]);
    assert_eq!(taken.parameters, ["SMTPUTF8"]);
    let old = SinkSetup { smtputf8: false, ..SinkSetup::default() };
    let sink = MailSink::start_with(old, &tidings_tests::Authority::new()).await;
    let transport = transport(&sink);
    let refused = transport.deliver(&to("дом@people.example"), mail("2")).await;
    assert!(super::never(refused).contains("SMTPUTF8"));
    assert!(is_sent(&send(&transport, "3").await));
    assert_eq!(sink.connections(), 1);
}
