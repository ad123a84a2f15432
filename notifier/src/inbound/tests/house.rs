//! A listener, a store that is none, and a mail server.

use crate::inbound::fixture::{NOW, facts, notice};
use crate::inbound::{Answers, Away, Explained, Limits, Outcome, Own, Posting, Reception, listen};
use crate::run::{Seen, Watch};
use crate::signed::{Purpose, Signer};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidings_protocol::{ClientKey, NoticeId, Timestamp};
use tidings_storage::letter::AnswerProblem;
use tidings_storage::{Clock, NoticeFacts};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Nothing here takes as long, unless it hangs.
pub(super) const LONG: Duration = Duration::from_secs(20);

pub(super) const DOMAIN: &str = "reply.firm.example";

/// What the store would know and keep.
pub(super) struct Ledger {
    pub(super) facts: Option<NoticeFacts>,
    pub(super) away: bool,
    pub(super) posting: Posting,
    pub(super) posts: Vec<(ClientKey, String)>,
    /// Mails that were sent to say why, with the time: at most one an hour for a reason.
    pub(super) explained: Vec<(AnswerProblem, Timestamp)>,
}

#[derive(Clone)]
pub(super) struct Fake {
    pub(super) ledger: Arc<Mutex<Ledger>>,
    time: Arc<Time>,
}

/// What was counted.
#[derive(Default)]
struct Outcomes(Mutex<Vec<Outcome>>);

impl Watch for Outcomes {
    fn saw(&self, seen: Seen) {
        match seen {
            Seen::Answer(outcome) => self.0.lock().unwrap().push(outcome),
            other => panic!("nobody sends mail here: {other:?}"),
        }
    }
}

/// A clock that is moved by hand.
pub(super) struct Time(AtomicI64);

impl Time {
    pub(super) fn pass(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

impl Answers for Fake {
    async fn notice(&self, asked: NoticeId) -> Result<Option<NoticeFacts>, Away> {
        let ledger = self.ledger.lock().unwrap();
        if ledger.away { Err(Away) } else { Ok(ledger.facts.clone().filter(|_| asked == notice())) }
    }

    async fn post(&self, _: &NoticeFacts, key: ClientKey, body: String) -> Result<Posting, Away> {
        let mut ledger = self.ledger.lock().unwrap();
        if ledger.away {
            return Err(Away);
        }
        if ledger.posting == Posting::Posted && ledger.posts.iter().all(|(known, _)| *known != key)
        {
            ledger.posts.push((key, body));
        }
        Ok(ledger.posting)
    }

    async fn explain(&self, _: &NoticeFacts, problem: AnswerProblem) -> Result<Explained, Away> {
        let now = self.time.now();
        let mut ledger = self.ledger.lock().unwrap();
        if ledger.away {
            return Err(Away);
        }
        let hour = 60 * 60 * 1000;
        if ledger.explained.iter().any(|(one, at)| *one == problem && at.plus_millis(hour) > now) {
            return Ok(Explained::TooSoon);
        }
        ledger.explained.push((problem, now));
        Ok(Explained::Told)
    }
}

pub(super) struct House {
    pub(super) address: SocketAddr,
    pub(super) time: Arc<Time>,
    seen: Arc<Outcomes>,
    pub(super) reception: Arc<Reception<Fake>>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) listening: JoinHandle<()>,
}

impl House {
    pub(super) async fn open(limits: Limits) -> Self {
        let time = Arc::new(Time(AtomicI64::new(NOW.0)));
        let ledger = Ledger {
            facts: Some(facts()),
            away: false,
            posting: Posting::Posted,
            posts: Vec::new(),
            explained: Vec::new(),
        };
        let answers = Fake { ledger: Arc::new(Mutex::new(ledger)), time: time.clone() };
        let seen = Arc::new(Outcomes::default());
        let reception = Arc::new(Reception {
            domain: DOMAIN.to_owned(),
            signer: Signer::new([1; 32]),
            own: Own { sender: "notify@firm.example".to_owned() },
            limits,
            clock: time.clone(),
            answers,
            watch: seen.clone(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let listening = tokio::spawn(listen(listener, reception.clone(), stopped));
        Self { address, time, seen, reception, stop, listening }
    }

    pub(super) async fn usual() -> Self {
        Self::open(Limits::default()).await
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Ledger)) {
        change(&mut self.reception.answers.ledger.lock().unwrap());
    }

    pub(super) fn posts(&self) -> Vec<String> {
        let ledger = self.reception.answers.ledger.lock().unwrap();
        ledger.posts.iter().map(|(_, body)| body.clone()).collect()
    }

    pub(super) fn explained(&self) -> Vec<AnswerProblem> {
        let ledger = self.reception.answers.ledger.lock().unwrap();
        ledger.explained.iter().map(|(problem, _)| *problem).collect()
    }

    pub(super) fn count(&self, outcome: Outcome) -> usize {
        self.seen.0.lock().unwrap().iter().filter(|one| **one == outcome).count()
    }

    pub(super) fn reply_address(&self) -> String {
        self.address_of(notice())
    }

    pub(super) fn address_of(&self, notice: NoticeId) -> String {
        format!("{}@{DOMAIN}", self.reception.signer.sign(Purpose::Reply, notice))
    }

    /// A connection that has heard the greeting.
    pub(super) async fn call(&self) -> Caller {
        let mut caller = self.call_unheard().await;
        assert!(caller.hear().await.starts_with("220 reply.firm.example"));
        caller
    }

    pub(super) async fn call_unheard(&self) -> Caller {
        Caller { stream: BufReader::new(TcpStream::connect(self.address).await.unwrap()) }
    }

    /// Brings one mail by LMTP, on a connection of its own, and says the last reply.
    pub(super) async fn bring(&self, mail: &str) -> String {
        let mut caller = self.call().await;
        caller.say("LHLO mx").await;
        caller.mail_to(&[&self.reply_address()]).await;
        caller.send(&format!("{}\r\n.\r\n", mail.replace('\n', "\r\n"))).await;
        caller.hear().await
    }
}

/// A mail server that has a mail for us.
pub(super) struct Caller {
    stream: BufReader<TcpStream>,
}

impl Caller {
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        timeout(LONG, self.stream.get_mut().write_all(bytes.as_ref())).await.unwrap().unwrap();
    }

    /// Closes its side, and can still hear.
    pub(super) async fn say_no_more(&mut self) {
        // The other side may be gone.
        let _ = timeout(LONG, self.stream.get_mut().shutdown()).await.unwrap();
    }

    /// The next reply, its lines joined; empty when the connection is closed.
    pub(super) async fn hear(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            let read = timeout(LONG, self.stream.read_line(&mut line)).await.expect("an answer");
            if read.unwrap_or_default() == 0 {
                return reply;
            }
            reply.push_str(line.trim_end());
            if line.as_bytes().get(3) != Some(&b'-') {
                return reply;
            }
            reply.push('\n');
        }
    }

    /// All that is said until the connection is closed.
    pub(super) async fn hear_out(mut self) -> String {
        let mut all = String::new();
        let _ = timeout(LONG, self.stream.read_to_string(&mut all)).await.expect("an end");
        all
    }

    pub(super) async fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n")).await;
        self.hear().await
    }

    /// Up to the mail itself.
    pub(super) async fn mail_to(&mut self, recipients: &[&str]) {
        assert_eq!(self.say("MAIL FROM:<ann@client.example>").await, "250 2.1.0 OK");
        for recipient in recipients {
            assert_eq!(self.say(&format!("RCPT TO:<{recipient}>")).await, "250 2.1.5 OK");
        }
        assert!(self.say("DATA").await.starts_with("354 "));
    }
}

/// A mail of the contact.
pub(super) fn letter(text: &str) -> String {
    format!(
        "From: Ann <ann@client.example>\nSubject: Re: A new message\n\
         Message-ID: <1@client.example>\nDate: Mon, 4 Mar 2024 10:15:00 +0100\n\n{text}"
    )
}
