//! Signs mails, so that who gets them can tell that the domain answers for them (RFC 6376; RFC 8463
//! for Ed25519).
//!
//! By our own hand with `ring`, which is here for TLS anyway: lettre signs only messages that it still
//! has in parts, and brings an RSA whose time tells of the key (RUSTSEC-2023-0071).

use super::fields::Parts;
use super::{Delivery, OpenError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use std::path::{Path, PathBuf};

/// How mails are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DkimSettings {
    /// The domain that answers for them: that of the sender's address, or one above it.
    pub domain: String,
    /// Which of the domain's keys it is: its public half is in DNS at
    /// `{selector}._domainkey.{domain}`.
    pub selector: String,
    /// A PEM file with the private key: RSA of 2048 bits or more, or Ed25519.
    pub key_file: PathBuf,
}

/// What is signed of a header, if it is there. All that a mail program shows or acts by; RFC 8058
/// asks for the two about unsubscribing.
const SIGNED: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "auto-submitted",
    "list-unsubscribe",
    "list-unsubscribe-post",
];

/// Where the lines of a signature end, in bytes.
const LINE_BYTES: usize = 70;

const _: () = assert!(LINE_BYTES + "\t; b=".len() <= 78, "RFC 5322, 2.1.1");

/// A key, and whose it is.
pub(super) struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    pub(super) fn open(settings: &DkimSettings) -> Result<Self, OpenError> {
        let DkimSettings { domain, selector, key_file } = settings;
        let unusable = |why: String| OpenError::File { file: key_file.clone(), why };
        for name in [domain, selector] {
            let letter = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            if name.is_empty() || !name.bytes().all(letter) {
                let why = "the DKIM key needs a domain and a selector, of names as in DNS";
                return Err(unusable(why.to_owned()));
            }
        }
        let key = Key::read(key_file).map_err(unusable)?;
        Ok(Self { domain: domain.clone(), selector: selector.clone(), key })
    }

    /// The mail with a signature in front. What can't be signed is not sent.
    pub(super) fn sign(&self, mail: &[u8]) -> Result<Vec<u8>, Delivery> {
        let parts = Parts::of(mail).ok_or_else(|| {
            let answer = "the mail has no readable header to sign".to_owned();
            Delivery::Never { answer }
        })?;
        let (names, mut signed) = canonical_fields(&parts);
        let body = STANDARD.encode(digest(&SHA256, &canonical_body(parts.body)));
        let (algorithm, domain, selector) = (self.key.algorithm(), &self.domain, &self.selector);
        let mut value = format!(
            " v=1; a={algorithm}; c=relaxed/relaxed;\r\n\td={domain}; s={selector};\r\n\th={};\r\n\tbh={body};\r\n\tb=",
            folded(names.split_inclusive(':')),
        );
        // The signature covers its own field, up to where it will stand.
        let field = canonical_field("dkim-signature", value.as_bytes());
        signed.extend(field.strip_suffix(b"\r\n").unwrap_or(&field));
        let signature = self.key.sign(&signed).ok_or_else(|| {
            let answer = "the mail could not be signed".to_owned();
            Delivery::Later { answer }
        })?;
        let signature = STANDARD.encode(signature);
        value.push_str(&folded(signature.split_inclusive(|_| true)));
        let field = format!("DKIM-Signature:{value}\r\n");
        Ok([field.as_bytes(), mail].concat())
    }
}

impl Key {
    fn read(file: &Path) -> Result<Self, String> {
        let der = PrivateKeyDer::from_pem_file(file).map_err(|error| error.to_string())?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                match Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
                    Ok(key) => return Ok(Self::Ed25519(key)),
                    Err(_) => RsaKeyPair::from_pkcs8(der),
                }
            }
            _ => return Err("is neither a key of RSA nor of Ed25519".to_owned()),
        };
        // ring says it in one word, such as `TooSmall`.
        let refused = |error| format!("is no key of Ed25519, nor of RSA with 2048 bits: {error}");
        key.map(|key| Self::Rsa(Box::new(key))).map_err(refused)
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                let random = SystemRandom::new();
                key.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature).ok()?;
                Some(signature)
            }
            // The hash is signed here, not the text (RFC 8463, 3).
            Self::Ed25519(key) => Some(key.sign(digest(&SHA256, text).as_ref()).as_ref().to_vec()),
        }
    }
}

/// Which fields are signed, with colons between them, and what of them.
fn canonical_fields(parts: &Parts<'_>) -> (String, Vec<u8>) {
    let (mut names, mut signed) = (Vec::new(), Vec::new());
    for name in SIGNED {
        // Of several, the last counts first (RFC 6376, 5.4.2).
        for field in parts.fields.iter().rev().filter(|one| one.name.eq_ignore_ascii_case(name)) {
            names.push(*name);
            signed.extend(canonical_field(name, field.value));
        }
    }
    // One more than there is: nobody can add another sender to what is signed.
    names.push("from");
    (names.join(":"), signed)
}

/// On one line, with single spaces (RFC 6376, 3.4.2).
fn canonical_field(name: &str, value: &[u8]) -> Vec<u8> {
    let words = value.split(|b| b" \t\r\n".contains(b)).filter(|word| !word.is_empty());
    let value = words.collect::<Vec<_>>().join(&b' ');
    [name.as_bytes(), b":", &value, b"\r\n"].concat()
}

/// With single spaces, none at the end of a line, and no empty lines at the end (RFC 6376, 3.4.4).
fn canonical_body(body: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(body.len());
    let mut empty_lines = 0;
    for line in Lines(body) {
        let indented = line.first().is_some_and(|b| b" \t".contains(b));
        let words = line.split(|b| b" \t".contains(b)).filter(|word| !word.is_empty());
        let words = words.collect::<Vec<_>>().join(&b' ');
        if words.is_empty() {
            empty_lines += 1;
            continue;
        }
        canonical.extend(b"\r\n".repeat(std::mem::take(&mut empty_lines)));
        if indented {
            canonical.push(b' ');
        }
        canonical.extend(words);
        canonical.extend(b"\r\n");
    }
    canonical
}

/// Lines without their ends.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.windows(2).position(|pair| pair == b"\r\n");
        let line = &self.0[..end.unwrap_or(self.0.len())];
        self.0 = end.map_or(&[], |end| &self.0[end + 2..]);
        Some(line)
    }
}

/// Over several lines, broken only between these pieces.
fn folded<'a>(pieces: impl Iterator<Item = &'a str>) -> String {
    let (mut text, mut line) = (String::new(), 0);
    for piece in pieces {
        if line + piece.len() > LINE_BYTES {
            text.push_str("\r\n\t");
            line = 0;
        }
        text.push_str(piece);
        line += piece.len();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_and_fields_are_brought_into_the_form_of_rfc_6376() {
        for (body, canonical) in [
            ("", ""),
            ("\r\n\r\n", ""),
            // 3.4.5
            (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
            ("a\r\n\r\n \r\nb", "a\r\n\r\n\r\nb\r\n"),
            ("a\rb\nc", "a\rb\nc\r\n"),
        ] {
            let made = canonical_body(body.as_bytes());
            assert_eq!(String::from_utf8(made).unwrap(), canonical, "{body:?}");
        }
        assert_eq!(canonical_field("b", b" Y\t\r\n\tZ  \r\n"), b"b:Y Z\r\n");
    }

    #[test]
    fn a_key_that_is_none_is_named() {
        let folder = tempfile::TempDir::new().unwrap();
        let key_file = folder.path().join("key.pem");
        let open = |domain: &str| {
            let (domain, selector) = (domain.to_owned(), "s".to_owned());
            Signer::open(&DkimSettings { domain, selector, key_file: key_file.clone() })
        };
        let why = |domain| open(domain).err().unwrap().to_string();
        assert!(why("a.example").contains("key.pem"), "{}", why("a.example"));
        std::fs::write(&key_file, "no key").unwrap();
        assert!(why("a.example").contains("key.pem"), "{}", why("a.example"));
        assert!(why("a; b").contains("names as in DNS"));
        assert!(why("").contains("names as in DNS"));
    }
}
