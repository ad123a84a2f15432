//! What this server knows about emails: what signs the links in them, how those begin, and how long
//! they are good. The pages behind the links and the notifier that writes them share it; `at_work` is
//! that notifier, and the listener for answers, in this process.

mod at_work;

pub(crate) use at_work::transport;
pub use at_work::{Mails, MailsAtWork};

use crate::config::Config;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tidings_notifier::deliver::{DkimSettings, Settings};
use tidings_notifier::signed::Signer;

/// What links in emails and the pages behind them have in common.
#[derive(Clone, Debug)]
pub struct MailOffice {
    /// Makes and checks the tokens in links and reply addresses.
    pub signer: Signer,
    /// How links begin, without a slash at the end: `https://chat.example.com`.
    pub public_url: String,
    /// How long a link logs in, from when its mail was first about to be sent.
    pub login_time: Duration,
}

impl MailOffice {
    /// Of a store's secret. [`Config::listen`] is where the server is reached, its port known.
    pub fn new(config: &Config, signing_secret: [u8; 32]) -> Self {
        let public_url = config.mail.public_url.clone();
        Self {
            signer: Signer::new(signing_secret),
            public_url: public_url
                .unwrap_or_else(|| format!("http://{}", reachable(config.listen))),
            login_time: config.mail.login_time,
        }
    }
}

/// Where emails go.
pub fn delivery(config: &Config) -> Settings {
    let mail = config.mail.clone();
    let dkim = match (mail.dkim_domain, mail.dkim_selector, mail.dkim_key_file) {
        (Some(domain), Some(selector), Some(key_file)) => {
            Some(DkimSettings { domain, selector, key_file })
        }
        _ => None,
    };
    Settings {
        smtp: mail.smtp,
        smtp_password_file: mail.smtp_password_file,
        folder: mail.folder,
        dkim,
    }
}

/// The address as a client on this machine writes it.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    (ip, address.port()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_as_the_operator_says_or_where_the_server_listens() {
        let mut config = Config { listen: "0.0.0.0:8080".parse().unwrap(), ..Config::default() };
        let office = MailOffice::new(&config, [1; 32]);
        assert_eq!(office.public_url, "http://127.0.0.1:8080");
        config.mail.public_url = Some("https://chat.example".to_owned());
        assert_eq!(MailOffice::new(&config, [1; 32]).public_url, "https://chat.example");
        assert_eq!(office.login_time, Duration::from_hours(24));
    }
}
