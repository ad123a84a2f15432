//! Who is spoken to: over TLS, and with a password.

use super::{is_sent, later, send, settings};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use tidings_notifier::deliver::{OpenError, Settings, Transport};
use tidings_tests::{Authority, MailSink, SinkSetup, SinkTls};

async fn sink(tls: SinkTls, authority: &Authority) -> MailSink {
    MailSink::start_with(SinkSetup { tls, ..SinkSetup::default() }, authority).await
}

fn url(scheme: &str, sink: &MailSink, options: &str, roots: &Path) -> String {
    format!("{scheme}://{}?ca={}{options}", sink.address(), roots.display())
}

fn open(url: &str) -> Transport {
    Transport::open(&settings(url)).expect("the files are there")
}

#[tokio::test]
async fn tls_is_spoken_from_the_first_byte_or_by_starttls() {
    let authority = Authority::new();
    for (tls, scheme, options) in [
        (SinkTls::Offered, "smtp", ""),
        (SinkTls::Offered, "smtp", "&tls=opportunistic"),
        (SinkTls::Wrapped, "smtps", ""),
    ] {
        let sink = sink(tls, &authority).await;
        let transport = open(&url(scheme, &sink, options, &authority.roots()));
        for id in ["1", "2"] {
            let sent = send(&transport, id).await;
            assert!(is_sent(&sent), "{tls:?}: {sent:?}");
        }
        let mails = sink.wait_for(2).await;
        assert!(mails.iter().all(|mail| mail.tls), "{tls:?}");
        assert_eq!(sink.connections(), 1);
    }
}

#[tokio::test]
async fn without_tls_nothing_is_said_unless_the_url_says_so() {
    let authority = Authority::new();
    let sink = sink(SinkTls::None, &authority).await;
    let transport = open(&url("smtp", &sink, "", &authority.roots()));
    let said = later(send(&transport, "1").await);
    assert!(said.contains("does not offer STARTTLS"), "{said}");
    let transport = open(&url("smtp", &sink, "&tls=opportunistic", &authority.roots()));
    assert!(is_sent(&send(&transport, "1").await));
    assert!(!sink.wait_for(1).await[0].tls);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_no_mail() {
    let (authority, other) = (Authority::new(), Authority::new());
    for (tls, scheme) in [(SinkTls::Offered, "smtp"), (SinkTls::Wrapped, "smtps")] {
        let sink = sink(tls, &authority).await;
        let said = later(send(&open(&url(scheme, &sink, "", &other.roots())), "1").await);
        assert!(said.contains("certificate"), "{said}");
        // The system does not know it either.
        let said = later(send(&open(&format!("{scheme}://{}", sink.address())), "1").await);
        assert!(said.contains("certificate"), "{said}");
        // It is vouched for by another name.
        let name = format!("{scheme}://localhost:{}", sink.address().port());
        let name = format!("{name}?ca={}", authority.roots().display());
        let said = later(send(&open(&name), "1").await);
        assert!(said.contains("certificate"), "{said}");
        assert_eq!(sink.mails(), []);
    }
}

#[tokio::test]
async fn an_answer_slipped_in_before_tls_is_not_taken_for_an_answer_to_the_mail() {
    let authority = Authority::new();
    let setup = SinkSetup { tls: SinkTls::Offered, slips_in: true, ..SinkSetup::default() };
    let sink = MailSink::start_with(setup, &authority).await;
    let transport = open(&url("smtp", &sink, "", &authority.roots()));
    later(send(&transport, "1").await);
    assert_eq!(sink.mails(), []);
}

fn with_password(url: &str, file: &Path) -> Settings {
    Settings { smtp_password_file: Some(file.to_owned()), ..settings(url) }
}

#[tokio::test]
async fn a_user_logs_in_with_the_password_that_the_file_has_now() {
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let login = Some(("ann@firm.example".to_owned(), "pass word".to_owned()));
    let setup = SinkSetup { tls: SinkTls::Offered, login, ..SinkSetup::default() };
    let sink = MailSink::start_with(setup, &authority).await;
    let anonymous = open(&url("smtp", &sink, "", &authority.roots()));
    assert!(later(send(&anonymous, "1").await).starts_with("530 5.7.0"));

    let file = folder.path().join("password");
    let address = sink.address();
    let url = format!("smtp://ann%40firm.example@{address}?ca={}", authority.roots().display());
    let settings = with_password(&url, &file);
    assert!(matches!(Transport::open(&settings), Err(OpenError::File { .. })));
    fs::write(&file, "wrong\n").unwrap();
    let transport = Transport::open(&settings).unwrap();
    assert!(later(send(&transport, "1").await).contains("535 5.7.8"));
    fs::write(&file, "pass word\n").unwrap();
    assert!(is_sent(&send(&transport, "1").await), "the password was put right");
    let taken = &sink.wait_for(1).await[0];
    assert_eq!(taken.user.as_deref(), Some("ann@firm.example"));
}

#[test]
fn what_does_not_fit_together_is_not_opened() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("empty");
    fs::write(&file, "\n").unwrap();
    let why = |settings: &Settings| Transport::open(settings).unwrap_err().to_string();
    assert!(why(&settings("smtp://ann@b?tls=none")).contains("needs a file with a password"));
    let unused = with_password("smtp://b?tls=none", &file);
    assert!(why(&unused).contains("no user in its URL"));
    assert!(why(&with_password("smtp://ann@b?tls=none", &file)).contains("no password in its"));
    let url = format!("smtps://b?ca={}", file.display());
    assert!(why(&settings(&url)).contains("no certificate in it"));
    assert!(why(&settings("smtps://b?ca=/nonexistent")).contains("/nonexistent: "));
}
