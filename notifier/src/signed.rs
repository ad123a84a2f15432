//! Signed tokens for what leaves the house: links in mails, and the addresses they are answered to.
//! A token says which notice it belongs to and what it may be used for, and that we made it. It
//! holds no secret and none of it is stored: whether it still stands (age, used already) is asked
//! of the notice it names.

use data_encoding::{BASE32_NOPAD_NOCASE, BASE64URL_NOPAD};
use ring::hmac;
use std::fmt;
use subtle::ConstantTimeEq;
use tidings_protocol::NoticeId;
use uuid::Uuid;

/// Tells the key of these tokens from everything else that the store's secret signs.
const KEY_LABEL: &[u8] = b"tidings signed tokens of mails, 1";

/// How the local part of a reply address begins, so that people and filters know it by sight.
const REPLY_PREFIX: &str = "reply-";

/// Bytes of a notice's id.
const ID_BYTES: usize = 16;

/// Bytes of signature in a link: nobody hits 128 bits.
const LINK_MAC_BYTES: usize = 16;

/// Bytes of signature in a reply address, which has no room for more. Guessing is slow, by mail, and
/// whoever guesses right must still write from the person's own address.
const REPLY_MAC_BYTES: usize = 8;

/// Longest local part of an address, in bytes (RFC 5321, 4.5.3.1.1).
const LOCAL_PART_BYTES_MAX: usize = 64;

const _: () =
    assert!(REPLY_PREFIX.len() + (ID_BYTES + REPLY_MAC_BYTES) * 8 / 5 < LOCAL_PART_BYTES_MAX);

/// What a token is good for. A token of one purpose never opens as one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Logging in, once. For an address on the web.
    Login,
    /// Ending the emails. For an address on the web.
    Unsubscribe,
    /// Answering by email: the local part of the address, 45 characters. Read without regard to
    /// case, which mail servers change.
    Reply,
}

impl Purpose {
    /// What is signed along with the id.
    fn label(self) -> &'static [u8] {
        match self {
            Self::Login => b"login",
            Self::Unsubscribe => b"unsubscribe",
            Self::Reply => b"reply",
        }
    }

    fn mac_bytes(self) -> usize {
        match self {
            Self::Login | Self::Unsubscribe => LINK_MAC_BYTES,
            Self::Reply => REPLY_MAC_BYTES,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Login | Self::Unsubscribe => "",
            Self::Reply => REPLY_PREFIX,
        }
    }

    fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Login | Self::Unsubscribe => BASE64URL_NOPAD.encode(bytes),
            Self::Reply => BASE32_NOPAD_NOCASE.encode(bytes).to_ascii_lowercase(),
        }
    }

    /// Takes one spelling only, but for the case of base32: no other padding, no stray bits.
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        let encoding = match self {
            Self::Login | Self::Unsubscribe => BASE64URL_NOPAD,
            Self::Reply => BASE32_NOPAD_NOCASE,
        };
        encoding.decode(text.as_bytes()).ok()
    }
}

/// Makes and checks tokens.
#[derive(Clone)]
pub struct Signer {
    key: hmac::Key,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl Signer {
    /// Of a store's secret, which signs other things too: the key is derived from it under a label
    /// (HMAC as a pseudo-random function, as RFC 5869 does), so that no signature serves elsewhere.
    pub fn new(secret: [u8; 32]) -> Self {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let derived = hmac::sign(&secret, KEY_LABEL);
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()) }
    }

    /// The token for a notice: characters that need no escaping in a URL, or the local part of an
    /// address.
    pub fn sign(&self, purpose: Purpose, notice: NoticeId) -> String {
        let mut bytes = notice.0.as_bytes().to_vec();
        let mac = self.mac(purpose, notice);
        bytes.extend(mac.as_ref().iter().take(purpose.mac_bytes()));
        format!("{}{}", purpose.prefix(), purpose.encode(&bytes))
    }

    /// The notice that a token was made for; none if we did not make it, or not for this.
    pub fn open(&self, purpose: Purpose, token: &str) -> Option<NoticeId> {
        let (prefix, text) = token.split_at_checked(purpose.prefix().len())?;
        if !prefix.eq_ignore_ascii_case(purpose.prefix()) || text.len() > LOCAL_PART_BYTES_MAX {
            return None;
        }
        let bytes = purpose.decode(text)?;
        let (id, mac) = bytes.split_at_checked(ID_BYTES)?;
        let notice = NoticeId(Uuid::from_slice(id).ok()?);
        let right = self.mac(purpose, notice);
        let right = right.as_ref().get(..purpose.mac_bytes())?;
        bool::from(right.ct_eq(mac)).then_some(notice)
    }

    fn mac(&self, purpose: Purpose, notice: NoticeId) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(purpose.label());
        context.update(b"\0");
        context.update(notice.0.as_bytes());
        context.sign()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Purpose; 3] = [Purpose::Login, Purpose::Unsubscribe, Purpose::Reply];

    fn notice() -> NoticeId {
        NoticeId("01912345-6789-7abc-8def-0123456789ab".parse().unwrap())
    }

    fn signer() -> Signer {
        Signer::new([7; 32])
    }

    #[test]
    fn a_token_opens_for_its_own_purpose_and_no_other() {
        for made in ALL {
            let token = signer().sign(made, notice());
            for asked in ALL {
                let expected = (made == asked).then(notice);
                assert_eq!(signer().open(asked, &token), expected, "{made:?} as {asked:?}");
            }
        }
    }

    #[test]
    fn a_reply_address_survives_a_change_of_case() {
        let token = signer().sign(Purpose::Reply, notice());
        assert_eq!(token.len(), 45);
        assert!(
            token
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        );
        let shouted = token.to_ascii_uppercase();
        assert_eq!(signer().open(Purpose::Reply, &shouted), Some(notice()));
    }

    #[test]
    fn a_link_needs_no_escaping_and_keeps_its_case() {
        let token = signer().sign(Purpose::Login, notice());
        assert_eq!(token.len(), 43);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(signer().open(Purpose::Login, &token.to_ascii_uppercase()), None);
    }

    /// Every other character in every place: no second spelling opens the same door, and no other
    /// door opens.
    #[test]
    fn one_changed_character_spoils_a_token() {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. ";
        for purpose in ALL {
            let token = signer().sign(purpose, notice()).into_bytes();
            for place in 0..token.len() {
                for &other in alphabet {
                    let same = match purpose {
                        Purpose::Reply => token[place].eq_ignore_ascii_case(&other),
                        _ => token[place] == other,
                    };
                    let mut changed = token.clone();
                    changed[place] = other;
                    let opened = signer().open(purpose, std::str::from_utf8(&changed).unwrap());
                    assert_eq!(opened, same.then(notice), "{purpose:?} at {place}");
                }
            }
        }
    }

    #[test]
    fn what_is_cut_or_longer_or_of_another_store_does_not_open() {
        for purpose in ALL {
            let token = signer().sign(purpose, notice());
            for length in 0..token.len() {
                assert_eq!(signer().open(purpose, &token[..length]), None);
            }
            for more in ["a", "=", "aaaaaaaa", "\0", "é", &"a".repeat(10_000)] {
                assert_eq!(signer().open(purpose, &format!("{token}{more}")), None);
                assert_eq!(signer().open(purpose, &format!("{more}{token}")), None);
            }
            assert_eq!(Signer::new([8; 32]).open(purpose, &token), None);
            assert_eq!(signer().open(purpose, "éééééé"), None);
        }
    }

    /// Mails lie in mailboxes for years: a token made today opens tomorrow.
    #[test]
    fn tokens_stay_what_they_are() {
        let tokens = ALL.map(|purpose| signer().sign(purpose, notice()));
        let expected = [
            "AZEjRWeJeryN7wEjRWeJq4LDZHi4NJliS1eBNVg_FyQ",
            "AZEjRWeJeryN7wEjRWeJqyy1DpW81Eth3wSxHVN6r_I",
            "reply-agisgrlhrf5lzdppaerukz4jvmj7pviuf5o3axy",
        ];
        assert_eq!(tokens, expected);
    }

    #[test]
    fn a_signer_shows_nothing_of_its_key() {
        assert_eq!(format!("{:?}", signer()), "Signer { .. }");
    }
}
