//! One connection to a [`MailSink`](super::MailSink): SMTP as far as a client of ours goes (RFC 5321),
//! with STARTTLS, AUTH PLAIN and LOGIN.

use super::conduct::{Conduct, Stage};
use super::sink::{Shared, SinkTls, TakenMail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Longest line (RFC 5321, 4.5.3.1.6, and room for what comes with authentication), and mail.
const LINE_BYTES_MAX: u64 = 16 * 1024;
const MAIL_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A connection, before TLS or with it.
pub(super) enum Link {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A conversation.
struct Session<'a, S> {
    stream: BufReader<S>,
    shared: &'a Shared,
    tls: bool,
    user: Option<String>,
    /// What is done with the mail that has begun.
    conduct: Conduct,
    envelope: Option<Envelope>,
}

#[derive(Default)]
struct Envelope {
    from: String,
    to: Vec<String>,
    parameters: Vec<String>,
}

/// How a conversation goes on.
enum After {
    NextLine,
    StartTls,
    Close,
}

pub(super) async fn serve(link: Link, shared: &Shared) -> io::Result<()> {
    let link = match (link, &shared.tls) {
        (Link::Plain(stream), Some(tls)) if shared.setup.tls == SinkTls::Wrapped => {
            Link::Tls(Box::new(tls.accept(stream).await?))
        }
        (link, _) => link,
    };
    let conduct = shared.ordered(true).unwrap_or(Conduct::Accept);
    let (stream, tls) = match link {
        Link::Tls(stream) => {
            return Session::new(*stream, shared, true, conduct).run(true).await.map(drop);
        }
        Link::Plain(stream) => {
            let upgraded = Session::new(stream, shared, false, conduct.clone()).run(true).await?;
            (upgraded, shared.tls.as_ref())
        }
    };
    let (Some(stream), Some(tls)) = (stream, tls) else { return Ok(()) };
    let stream = tls.accept(stream).await?;
    Session::new(stream, shared, true, conduct).run(false).await.map(drop)
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    fn new(stream: S, shared: &'a Shared, tls: bool, conduct: Conduct) -> Self {
        let stream = BufReader::new(stream);
        Self { stream, shared, tls, user: None, conduct, envelope: None }
    }

    /// Talks until the end; what is given back goes on with TLS.
    async fn run(mut self, greet: bool) -> io::Result<Option<S>> {
        if greet && !self.answer(Stage::Greeting, "220 sink.example ESMTP").await? {
            return Ok(None);
        }
        let mut closed = self.shared.closed.subscribe();
        closed.borrow_and_update();
        loop {
            let line = tokio::select! {
                line = line(&mut self.stream) => line?,
                _ = closed.changed() => {
                    self.say("421 4.4.2 you have waited too long").await?;
                    return Ok(None);
                }
            };
            let Some(line) = line else { return Ok(None) };
            match self.command(&line).await? {
                After::NextLine => {}
                After::StartTls => return Ok(Some(self.stream.into_inner())),
                After::Close => return Ok(None),
            }
        }
    }

    async fn command(&mut self, line: &str) -> io::Result<After> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                let offers = self.offers();
                return self.answered(Stage::Hello, &offers).await;
            }
            "MAIL" => return self.mail(rest).await,
            "RCPT" => return self.rcpt(rest).await,
            "DATA" => return self.data().await,
            "AUTH" => self.auth(rest).await?,
            "RSET" => {
                self.envelope = None;
                self.say("250 2.0.0 forgotten").await?;
            }
            "NOOP" => self.say("250 2.0.0 fine").await?,
            "QUIT" => {
                self.say("221 2.0.0 bye").await?;
                return Ok(After::Close);
            }
            "STARTTLS" if self.offers_tls() => {
                let slipped = if self.shared.setup.slips_in { "\r\n250 slipped.in" } else { "" };
                self.say(&format!("220 2.0.0 go on{slipped}")).await?;
                return Ok(After::StartTls);
            }
            _ => self.say("500 5.5.1 what?").await?,
        }
        Ok(After::NextLine)
    }

    fn offers_tls(&self) -> bool {
        !self.tls && self.shared.tls.is_some() && self.shared.setup.tls == SinkTls::Offered
    }

    fn offers(&self) -> String {
        let mut offers = vec!["sink.example", "8BITMIME", "ENHANCEDSTATUSCODES"];
        if self.offers_tls() {
            offers.push("STARTTLS");
        }
        if self.shared.setup.smtputf8 {
            offers.push("SMTPUTF8");
        }
        if self.shared.setup.login.is_some() {
            offers.push("AUTH PLAIN LOGIN");
        }
        let last = offers.pop().unwrap_or_default();
        let lines: Vec<String> = offers.iter().map(|offer| format!("250-{offer}\r\n")).collect();
        format!("{}250 {last}", lines.concat())
    }

    async fn mail(&mut self, rest: &str) -> io::Result<After> {
        if self.shared.setup.login.is_some() && self.user.is_none() {
            self.say("530 5.7.0 log in first").await?;
            return Ok(After::NextLine);
        }
        self.conduct = self.shared.ordered(false).unwrap_or(Conduct::Accept);
        let (from, parameters) = path(rest);
        if self.conduct.stage() != Stage::Sender {
            self.envelope = Some(Envelope { from, parameters, ..Envelope::default() });
        }
        self.answered(Stage::Sender, "250 2.1.0 ok").await
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<After> {
        let (to, _) = path(rest);
        if self.conduct == Conduct::Accept {
            self.conduct = self.shared.rule(&to);
            let stage = self.conduct.stage();
            assert!(stage >= Stage::Recipient, "too late for a conduct at {stage:?}");
        }
        let Some(envelope) = &mut self.envelope else {
            self.say("503 5.5.1 MAIL first").await?;
            return Ok(After::NextLine);
        };
        if self.conduct.stage() != Stage::Recipient {
            envelope.to.push(to);
        }
        self.answered(Stage::Recipient, "250 2.1.5 ok").await
    }

    async fn data(&mut self) -> io::Result<After> {
        if self.envelope.as_ref().is_none_or(|envelope| envelope.to.is_empty()) {
            self.say("503 5.5.1 RCPT first").await?;
            return Ok(After::NextLine);
        }
        if self.conduct.stage() == Stage::Data {
            return self.answered(Stage::Data, "").await;
        }
        self.say("354 go on").await?;
        let Some(bytes) = self.content().await? else { return Ok(After::Close) };
        let Envelope { from, to, parameters } = self.envelope.take().unwrap_or_default();
        let (tls, user) = (self.tls, self.user.clone());
        let mail = TakenMail { from, to, parameters, bytes, tls, user };
        let kept = match self.conduct {
            Conduct::Accept | Conduct::KeepAndDrop | Conduct::KeepAndHang => {
                self.shared.keep(mail);
                "250 2.0.0 kept"
            }
            Conduct::Answer(..) | Conduct::Hang(_) | Conduct::Drop(_) => "",
        };
        self.answered(Stage::Content, kept).await
    }

    /// Up to the final dot; `None`: it never came.
    async fn content(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        loop {
            let begin = bytes.len();
            if self.stream.read_until(b'\n', &mut bytes).await? == 0 {
                return Ok(None);
            }
            if bytes[begin..] == *b".\r\n" {
                bytes.truncate(begin);
                return Ok(Some(bytes));
            }
            if bytes[begin] == b'.' {
                bytes.remove(begin);
            }
            if bytes.len() > MAIL_BYTES_MAX {
                return Err(io::Error::other("no test sends so long a mail"));
            }
        }
    }

    async fn auth(&mut self, rest: &str) -> io::Result<()> {
        let (mechanism, first) = rest.split_once(' ').unwrap_or((rest, ""));
        let said = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let text = decode(first);
                let mut parts = text.split('\0').skip(1).map(str::to_owned);
                parts.next().zip(parts.next())
            }
            "LOGIN" => {
                let user = self.ask("Username:").await?;
                Some((user, self.ask("Password:").await?))
            }
            _ => None,
        };
        if said.is_some() && said == self.shared.setup.login {
            self.user = said.map(|(user, _)| user);
            return self.say("235 2.7.0 welcome").await;
        }
        self.say("535 5.7.8 wrong name or password").await
    }

    async fn ask(&mut self, what: &str) -> io::Result<String> {
        self.say(&format!("334 {}", STANDARD.encode(what))).await?;
        Ok(decode(&line(&mut self.stream).await?.unwrap_or_default()))
    }

    async fn answered(&mut self, stage: Stage, usual: &str) -> io::Result<After> {
        let goes_on = self.answer(stage, usual).await?;
        Ok(if goes_on { After::NextLine } else { After::Close })
    }

    /// Says what is usual, unless it is told otherwise. `false`: the connection is to be closed.
    async fn answer(&mut self, stage: Stage, usual: &str) -> io::Result<bool> {
        if self.conduct.stage() != stage {
            self.say(usual).await?;
            return Ok(true);
        }
        match self.conduct.clone() {
            Conduct::Accept => self.say(usual).await.map(|()| true),
            Conduct::Answer(_, said) => {
                self.say(&said).await?;
                // As servers do that say that they are about to.
                Ok(!said.starts_with("421"))
            }
            Conduct::Drop(_) | Conduct::KeepAndDrop => Ok(false),
            Conduct::Hang(_) | Conduct::KeepAndHang => {
                // Until the client has had enough.
                tokio::io::copy(&mut self.stream, &mut tokio::io::sink()).await?;
                Ok(false)
            }
        }
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }
}

async fn line(stream: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<String>> {
    let mut line = String::new();
    stream.take(LINE_BYTES_MAX).read_line(&mut line).await?;
    Ok(line.strip_suffix("\r\n").map(str::to_owned))
}

/// `FROM:<a@b> PARAMETER…`: the address and the parameters.
fn path(text: &str) -> (String, Vec<String>) {
    let text = text.split_once('<').map_or(text, |(_, text)| text);
    let (address, rest) = text.split_once('>').unwrap_or((text, ""));
    (address.to_owned(), rest.split_whitespace().map(str::to_owned).collect())
}

fn decode(text: &str) -> String {
    let bytes = STANDARD.decode(text).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
