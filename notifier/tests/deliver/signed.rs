//! Signatures, checked by a program that is not ours: dkimpy.

use super::{is_sent, mail, send, settings, to};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use tidings_notifier::deliver::{DkimSettings, Settings, Transport};
use tidings_tests::{Authority, Exim, EximSetup, MailSink};

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deliver").join(file)
}

fn signing(url: &str, key: &str) -> Settings {
    let key_file = here("keys").join(key);
    let (domain, selector) = ("firm.example".to_owned(), "2026-a".to_owned());
    Settings { dkim: Some(DkimSettings { domain, selector, key_file }), ..settings(url) }
}

/// What dkimpy says of a mail: how it was signed, by whom, and what of it; an error if it was not.
fn verify(mail: &[u8], record: &str) -> Result<String, String> {
    let python = std::env::var_os("TEST_PYTHON");
    let python = python.expect("TEST_PYTHON is set: the Python with tests/requirements.txt");
    let record = std::fs::read_to_string(here("keys").join(record));
    let record = record.expect("it is there");
    let mut command = Command::new(python);
    command.arg(here("verify.py")).args(["2026-a._domainkey.firm.example", record.trim()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("TEST_PYTHON can be run");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(mail).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it is our child");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

const FIELDS: &str = "content-type date from from list-unsubscribe list-unsubscribe-post message-id \
     mime-version subject to";

#[tokio::test]
async fn mails_are_signed_so_that_others_believe_it() {
    let sink = MailSink::start().await;
    for (key, record, algorithm) in [
        ("rsa.pem", "rsa.txt", "rsa-sha256"),
        ("rsa-pkcs1.pem", "rsa.txt", "rsa-sha256"),
        ("ed25519.pem", "ed25519.txt", "ed25519-sha256"),
    ] {
        let transport = Transport::open(&signing(&sink.url(), key)).unwrap();
        for (id, body) in [("1", ""), ("2", "\r\n\r\n"), ("3", " é \t \r\n\r\nno line end")] {
            let mail = [mail(id), body.as_bytes().to_vec()].concat();
            assert!(is_sent(&transport.deliver(&to("ann@people.example"), mail).await));
        }
        let mails = sink.take();
        for taken in &mails {
            let said = verify(&taken.bytes, record);
            assert_eq!(said, Ok(format!("{algorithm} firm.example {FIELDS}")), "{key}");
            let lines = taken.text();
            let mut lines = lines.split("\r\n").take_while(|line| !line.is_empty());
            assert!(lines.all(|line| line.len() <= 78), "{}", taken.text());
        }
        for (from, to) in [
            ("that was all", "that was it"),
            ("new message", "old message"),
            ("From: \"Firm\"", "From: x@evil.example\r\nFrom: \"Firm\""),
        ] {
            let forged = mails[0].text().replacen(from, to, 1);
            assert_ne!(forged, mails[0].text());
            assert!(verify(forged.as_bytes(), record).is_err(), "{key}: {to}");
        }
    }
}

#[tokio::test]
async fn a_signature_outlives_a_mail_server_on_the_way() {
    let exim = Exim::start(EximSetup::default(), &Authority::new()).await;
    let transport = Transport::open(&signing(&exim.url(), "ed25519.pem")).unwrap();
    assert!(is_sent(&send(&transport, "1").await));
    let kept = &exim.wait_for(1).await[0];
    assert_eq!(
        verify(&kept.bytes, "ed25519.txt"),
        Ok(format!("ed25519-sha256 firm.example {FIELDS}"))
    );
}

#[tokio::test]
async fn mails_in_a_folder_are_signed_too() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mails");
    let settings = Settings { smtp: None, folder: path.clone(), ..signing("smtp://b", "rsa.pem") };
    let transport = Transport::open(&settings).unwrap();
    assert!(is_sent(&send(&transport, "1").await));
    let file = path.join("20260714T233005Z-1@firm.example.eml");
    assert!(verify(&std::fs::read(file).unwrap(), "rsa.txt").is_ok());
}

#[test]
fn a_key_that_is_too_short_is_refused() {
    let refused = Transport::open(&signing("smtp://b?tls=none", "rsa-1024.pem")).unwrap_err();
    assert!(refused.to_string().contains("2048 bits"), "{refused}");
}
