//! A mail server that others use too.

use super::{is_sent, later, mail, never, send, settings, to};
use std::fs;
use tempfile::TempDir;
use tidings_notifier::deliver::{Delivery, Settings, Transport};
use tidings_tests::{Authority, Exim, EximSetup};

#[tokio::test]
async fn exim_takes_mails_over_either_tls_from_who_logs_in() {
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let password_file = folder.path().join("password");
    fs::write(&password_file, "pass-word\n").unwrap();
    let login = Some(("ann".to_owned(), "pass-word".to_owned()));
    let exim = Exim::start(EximSetup { login, ..EximSetup::default() }, &authority).await;
    for (id, url) in [("1", exim.url()), ("2", exim.tls_url())] {
        let settings =
            Settings { smtp_password_file: Some(password_file.clone()), ..settings(&url) };
        let transport = Transport::open(&settings).unwrap();
        match send(&transport, id).await {
            Delivery::Sent { answer } => assert!(answer.starts_with("250 OK id="), "{answer}"),
            other => panic!("{other:?}\n{}", exim.log()),
        }
    }
    for kept in exim.wait_for(2).await {
        assert!(kept.tls);
        assert_eq!((&*kept.from, &*kept.to[0]), ("post@firm.example", "ann@people.example"));
        let text = String::from_utf8(mail("1")).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(kept.text().ends_with(body), "{}", kept.text());
    }
    fs::write(&password_file, "wrong\n").unwrap();
    let settings = Settings { smtp_password_file: Some(password_file), ..settings(&exim.url()) };
    let transport = Transport::open(&settings).unwrap();
    assert!(later(send(&transport, "3").await).contains("535 "));
    let exim_url = exim.url().replace("ann@", "");
    let anonymous = Transport::open(&super::settings(&exim_url)).unwrap();
    assert!(later(send(&anonymous, "4").await).starts_with("530 5.7.0"));
}

#[tokio::test]
async fn exim_is_used_for_many_mails_and_says_who_is_unknown() {
    let authority = Authority::new();
    let exim = Exim::start(EximSetup::default(), &authority).await;
    let transport = Transport::open(&settings(&exim.url())).unwrap();
    for id in 0..30 {
        let unknown = transport.deliver(&to("nobody@people.example"), mail("x")).await;
        assert!(never(unknown).starts_with("550 5.1.1"));
        let sent = send(&transport, &id.to_string()).await;
        assert!(is_sent(&sent), "{sent:?}\n{}", exim.log());
    }
    let busy = transport.deliver(&to("later@people.example"), mail("x")).await;
    assert!(later(busy).starts_with("451 4.7.1"));
    assert!(is_sent(&transport.deliver(&to("дом@people.example"), mail("x")).await));
    assert_eq!(exim.wait_for(31).await.len(), 31);
}
