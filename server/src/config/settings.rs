//! The table of all settings.

use super::ENVIRONMENT_PREFIX;
use super::mail::DEFAULT_FROM;
use super::slot::{Bounds, Slot};
use tidings_protocol::limits::{FRAME_BYTES_MAX, PAGE_BYTES_MAX};

/// One thing that an operator can set.
pub struct Setting {
    /// Its key in the TOML file, with the section before a dot.
    pub key: &'static str,
    /// Its default, as an operator would write it; empty: not set.
    pub default: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
    pub(super) slot: Slot,
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;

/// The least that must be able to wait for a client: a page of history is queued whole.
const OUTBOUND_BYTES_MIN: u64 = 512 * KIB;
const _: () = assert!(PAGE_BYTES_MAX as u64 * 2 <= OUTBOUND_BYTES_MIN);

/// The smallest bound on a request's body: what a socket takes as a frame, HTTP takes too.
const BODY_BYTES_MIN: u64 = FRAME_BYTES_MAX as u64;

/// Every setting, in the order of help and `check-config`: first those without a section.
pub static SETTINGS: &[Setting] = &[
    Setting {
        key: "listen",
        default: "127.0.0.1:8080",
        help: "Where HTTP and sockets are served",
        slot: Slot::Address(|c| &mut c.listen),
    },
    Setting {
        key: "ops_listen",
        default: "",
        help: "Where health and metrics are served, if not on the same address",
        slot: Slot::MaybeAddress(|c| &mut c.ops_listen),
    },
    Setting {
        key: "store",
        default: "sqlite:tidings-data/tidings.db",
        help: "Where everything is kept: sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        slot: Slot::Store(|c| &mut c.store),
    },
    Setting {
        key: "store_password_file",
        default: "",
        help: "File with the password of that address",
        slot: Slot::MaybeFile(|c| &mut c.store_password_file),
    },
    Setting {
        key: "bus",
        default: "local",
        help: "How nodes of one store hear of each other: local, if there is one, or \
               redis://HOST:PORT[?cluster=true]",
        slot: Slot::Bus(|c| &mut c.bus),
    },
    Setting {
        key: "allowed_origins",
        default: "",
        help: "Origins of web pages that may open sockets, exactly as browsers send them",
        slot: Slot::Origins(|c| &mut c.allowed_origins),
    },
    Setting {
        key: "auth.audience",
        default: "tidings",
        help: "The `aud` that every token must have",
        slot: Slot::Name(|c| &mut c.auth.audience),
    },
    Setting {
        key: "auth.issuer",
        default: "tidings",
        help: "The `iss` of tokens that Tidings itself signs",
        slot: Slot::Name(|c| &mut c.auth.issuer),
    },
    Setting {
        key: "auth.host_issuer",
        default: "",
        help: "The `iss` of tokens that the host application signs",
        slot: Slot::MaybeName(|c| &mut c.auth.host_issuer),
    },
    Setting {
        key: "auth.host_secret_file",
        default: "",
        help: "File with the host application's HS256 secret",
        slot: Slot::MaybeFile(|c| &mut c.auth.host_secret_file),
    },
    Setting {
        key: "auth.host_jwks_file",
        default: "",
        help: "File with the host application's ES256 or EdDSA public keys, a JWK set",
        slot: Slot::MaybeFile(|c| &mut c.auth.host_jwks_file),
    },
    Setting {
        key: "mail.notifier",
        default: "inside",
        help: "Who sends emails: the server, or tidings-notifier beside it",
        slot: Slot::Apart(|c| &mut c.mail.apart),
    },
    Setting {
        key: "mail.smtp",
        default: "",
        help: "The mail server: smtp://[USER@]HOST[:PORT][?tls=required|opportunistic|none&ca=FILE&\
               hello=NAME] or smtps://…",
        slot: Slot::MaybeSmtp(|c| &mut c.mail.smtp),
    },
    Setting {
        key: "mail.smtp_password_file",
        default: "",
        help: "File with the password of the user in that address",
        slot: Slot::MaybeFile(|c| &mut c.mail.smtp_password_file),
    },
    Setting {
        key: "mail.folder",
        default: "tidings-data/mail",
        help: "Where emails are put as .eml files if there is no mail server",
        slot: Slot::Folder(|c| &mut c.mail.folder),
    },
    Setting {
        key: "mail.from",
        default: DEFAULT_FROM,
        help: "The address that emails are from",
        slot: Slot::Email(|c| &mut c.mail.from),
    },
    Setting {
        key: "mail.public_url",
        default: "",
        help: "How links in emails begin, if not by the address of listen: where browsers reach \
               the server",
        slot: Slot::MaybeUrl(|c| &mut c.mail.public_url),
    },
    Setting {
        key: "mail.reply_domain",
        default: "",
        help: "The domain of addresses that emails are answered to",
        slot: Slot::MaybeDomain(|c| &mut c.mail.reply_domain),
    },
    Setting {
        key: "mail.inbound_listen",
        default: "",
        help: "Where a mail server brings those answers, by LMTP or SMTP",
        slot: Slot::MaybeAddress(|c| &mut c.mail.inbound_listen),
    },
    Setting {
        key: "mail.dkim_domain",
        default: "",
        help: "The domain that signs emails",
        slot: Slot::MaybeDomain(|c| &mut c.mail.dkim_domain),
    },
    Setting {
        key: "mail.dkim_selector",
        default: "",
        help: "Which of that domain's keys signs",
        slot: Slot::MaybeDomain(|c| &mut c.mail.dkim_selector),
    },
    Setting {
        key: "mail.dkim_key_file",
        default: "",
        help: "File with that key: RSA or Ed25519, PEM",
        slot: Slot::MaybeFile(|c| &mut c.mail.dkim_key_file),
    },
    Setting {
        key: "mail.login_time",
        default: "1d",
        help: "How long a link in an email logs in",
        slot: Slot::Time(Bounds(HOUR, 7 * 24 * HOUR), |c| &mut c.mail.login_time),
    },
    Setting {
        key: "log.format",
        default: "text",
        help: "Lines of text, or one JSON object a line; both to standard error",
        slot: Slot::Json(|c| &mut c.log.json),
    },
    Setting {
        key: "log.filter",
        default: "info",
        help: "What is logged: error, warn, info, debug, trace, or by module",
        slot: Slot::Filter(|c| &mut c.log.filter),
    },
    Setting {
        key: "limits.connections",
        default: "100000",
        help: "Connections at a time, of any kind",
        slot: Slot::Count(Bounds(1, 1_000_000), |c| &mut c.limits.connections),
    },
    Setting {
        key: "limits.sockets_per_person",
        default: "20",
        help: "Sockets that one person may have at a time, over all nodes",
        slot: Slot::Count(Bounds(1, 1_000), |c| &mut c.limits.sockets_per_person),
    },
    Setting {
        key: "limits.commands_per_second",
        default: "50",
        help: "Commands that a connection may send per second in the long run",
        slot: Slot::Number(Bounds(1, 100_000), |c| &mut c.limits.commands_per_second),
    },
    Setting {
        key: "limits.commands_burst",
        default: "200",
        help: "Commands that a connection may send at once after a quiet time",
        slot: Slot::Number(Bounds(1, 100_000), |c| &mut c.limits.commands_burst),
    },
    Setting {
        key: "limits.commands_in_flight",
        default: "64",
        help: "Commands of one connection that may be at work at a time",
        slot: Slot::Count(Bounds(1, 1_024), |c| &mut c.limits.commands_in_flight),
    },
    Setting {
        key: "limits.outbound_bytes",
        default: "1MiB",
        help: "What may wait for a client that reads slowly, before it is cut off",
        slot: Slot::Bytes(Bounds(OUTBOUND_BYTES_MIN, 64 * MIB), |c| &mut c.limits.outbound_bytes),
    },
    Setting {
        key: "limits.header_time",
        default: "10s",
        help: "Time to send all headers of a request",
        slot: Slot::Time(Bounds(100, 120 * SECOND), |c| &mut c.limits.header_time),
    },
    Setting {
        key: "limits.header_bytes",
        default: "16KiB",
        help: "Size of all headers of a request",
        slot: Slot::Bytes(Bounds(8 * KIB, 256 * KIB), |c| &mut c.limits.header_bytes),
    },
    Setting {
        key: "limits.body_bytes",
        default: "512KiB",
        help: "Size of a request's body",
        slot: Slot::Bytes(Bounds(BODY_BYTES_MIN, 16 * MIB), |c| &mut c.limits.body_bytes),
    },
    Setting {
        key: "limits.body_time",
        default: "30s",
        help: "Time to send a request's body",
        slot: Slot::Time(Bounds(100, 600 * SECOND), |c| &mut c.limits.body_time),
    },
    Setting {
        key: "limits.drain_time",
        default: "5s",
        help: "Time over which sockets are closed when the server stops",
        slot: Slot::Time(Bounds(0, 5 * SECOND), |c| &mut c.limits.drain_time),
    },
    Setting {
        key: "limits.commit_pace",
        default: "10ms",
        help: "Least time between two commits under load; the first after a pause is at once",
        slot: Slot::Time(Bounds(0, SECOND), |c| &mut c.limits.commit_pace),
    },
    Setting {
        key: "limits.readers",
        default: "",
        help: "Threads that read the store, if not 2 for SQLite and 8 for PostgreSQL",
        slot: Slot::MaybeCount(Bounds(1, 64), |c| &mut c.limits.readers),
    },
];

impl Setting {
    /// The setting that a key names.
    pub fn of_key(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// Whether it says where everything is kept.
    pub fn is_of_store(&self) -> bool {
        self.key.starts_with("store")
    }

    /// Whether a process that serves no clients uses it: one that only sends emails.
    pub fn is_of_notifier(&self) -> bool {
        match self.section() {
            "" => !matches!(self.key, "listen" | "allowed_origins"),
            "mail" => !matches!(self.key, "mail.notifier" | "mail.login_time"),
            "log" => true,
            // Of its listener for the operator, and of the store.
            "limits" => {
                matches!(
                    self.name(),
                    "header_time"
                        | "header_bytes"
                        | "body_time"
                        | "drain_time"
                        | "commit_pace"
                        | "readers"
                )
            }
            _ => false,
        }
    }

    /// Its section in the TOML file; empty at the top.
    pub fn section(&self) -> &'static str {
        self.key.split_once('.').map_or("", |(section, _)| section)
    }

    /// Its key within its section.
    pub fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }

    /// Its flag, without the dashes before it: the key without `limits.`, with dashes.
    pub fn flag(&self) -> String {
        self.key.trim_start_matches("limits.").replace(['.', '_'], "-")
    }

    /// Its variable: the flag in capitals behind `TIDINGS_`.
    pub fn variable(&self) -> String {
        format!("{ENVIRONMENT_PREFIX}{}", self.flag().to_uppercase().replace('-', "_"))
    }

    /// What help writes in place of its value.
    pub fn placeholder(&self) -> &'static str {
        self.slot.placeholder()
    }

    /// Its line of help: what it does, its bounds, its default, its variable.
    pub fn long_help(&self) -> String {
        let mut notes = Vec::new();
        notes.extend(self.slot.bounds());
        if !self.default.is_empty() {
            notes.push(format!("default {}", self.default));
        }
        notes.push(self.variable());
        format!("{} [{}]", self.help, notes.join("; "))
    }
}
