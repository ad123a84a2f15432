//! Mail servers for tests: one that does as it is told ([`MailSink`]), and a real one ([`Exim`]).

mod conduct;
mod exim;
mod session;
mod sink;

pub use conduct::{Conduct, Stage};
pub use exim::{Exim, EximSetup, Route};
pub use sink::{MailSink, SinkSetup, SinkTls, TakenMail};
