//! Mail servers for tests: one that does as it is told ([`MailSink`]).

mod conduct;
mod session;
mod sink;

pub use conduct::{Conduct, Stage};
pub use sink::{MailSink, SinkSetup, SinkTls, TakenMail};
