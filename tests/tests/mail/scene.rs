//! A firm whose client gets emails, and the mail server that takes them.

use serde_json::{Value, json};
use std::time::Duration;
use tidings_protocol::{Command, List, Notice, NoticeState, Outcome, Person, Reply, Seq, ThreadId};
use tidings_tests::{
    Cast, Firm, MailSink, Postgres, Process, Server, TakenMail, key, post, within,
};

/// The address that everything comes from.
pub(crate) const FROM: &str = "notices@bright.example";

/// Between two looks at something that is waited for.
const AGAIN: Duration = Duration::from_millis(50);

/// The flags that every program here is started with.
pub(crate) fn settings(sink: &MailSink) -> Vec<(&'static str, String)> {
    vec![
        ("mail-smtp", sink.url()),
        ("mail-from", FROM.to_owned()),
        ("mail-public-url", "https://chat.bright.example".to_owned()),
    ]
}

/// A server, its firm, and where its mails go.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) sink: MailSink,
    pub(crate) cast: Cast,
    pub(crate) settings: Vec<(&'static str, String)>,
    /// Goes after the server.
    postgres: Option<Postgres>,
}

impl Scene {
    /// With the notifier inside the server, on a file.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// The same with further settings, which go before the usual ones.
    pub(crate) async fn with(further: &[(&'static str, String)]) -> Self {
        let sink = MailSink::start().await;
        let mut settings = settings(&sink);
        settings.retain(|(name, _)| further.iter().all(|(other, _)| other != name));
        settings.extend(further.iter().cloned());
        let server = Server::start_with(&borrowed(&settings)).await;
        Self::filled(server, sink, settings, None).await
    }

    /// On PostgreSQL, and without any notifier yet.
    pub(crate) async fn without_notifier() -> Self {
        let postgres = Postgres::start();
        postgres.create_database("tidings");
        let sink = MailSink::start().await;
        let mut settings = settings(&sink);
        settings.push(("store", postgres.url("tidings")));
        let mut of_server = borrowed(&settings);
        of_server.push(("mail-notifier", "apart"));
        let server = Server::start_with(&of_server).await;
        Self::filled(server, sink, settings, Some(postgres)).await
    }

    async fn filled(
        server: Server,
        sink: MailSink,
        settings: Vec<(&'static str, String)>,
        postgres: Option<Postgres>,
    ) -> Self {
        let cast = Cast::on(&server).await;
        let scene = Self { server, sink, cast, settings, postgres };
        scene.set(json!({ "delay_s": 1, "show_content": true })).await;
        scene
    }

    /// Changes how the firm's emails are.
    pub(crate) async fn set(&self, mail: Value) {
        let answer = self.firm().http.patch("/v1/firm", &json!({ "mail": mail })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub(crate) fn firm(&self) -> &Firm {
        &self.cast.firm
    }

    /// Starts a notifier of its own, and does not wait until it is ready.
    pub(crate) fn notifier(&self) -> Process {
        assert!(self.postgres.is_some(), "a file is one server's");
        let flags = self.settings.iter();
        let flags = flags.flat_map(|(name, value)| [format!("--{name}"), value.clone()]);
        let more = ["--log-format=json", "--log-filter=info,tidings_notifier=debug"];
        Process::start_notifier(&flags.chain(more.map(str::to_owned)).collect::<Vec<_>>())
    }

    /// Lets the time pass for which notifiers that were killed keep their mails from others. None may
    /// be running.
    pub(crate) async fn leases_run_out(&self) {
        let postgres = self.postgres.as_ref().expect("a file is one server's");
        // What a killed one has begun goes on in the database for a moment.
        let at_work = "SELECT pid FROM pg_stat_activity WHERE datname = 'tidings' \
             AND pid <> pg_backend_pid() AND state <> 'idle'";
        within("the database to be at rest", async {
            while !postgres.query("tidings", at_work).is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        let sql = "UPDATE notices SET next_ms = due_ms WHERE state = 0 AND holder IS NOT NULL";
        postgres.query("tidings", sql);
    }

    /// Lets the time pass after which mails are tried again. Those that somebody is about to change are
    /// left out: to wait for them in an order of our own would be a deadlock now and then.
    pub(crate) fn mails_are_due_again(&self) {
        let postgres = self.postgres.as_ref().expect("a file is one server's");
        let sql = "UPDATE notices SET next_ms = due_ms WHERE id IN (SELECT id FROM notices \
             WHERE state = 0 AND holder IS NULL FOR UPDATE SKIP LOCKED)";
        postgres.query("tidings", sql);
    }

    /// Mia starts a thread.
    pub(crate) async fn thread(&self, body: &str) -> ThreadId {
        let draft = Command::CreateThread {
            account: self.cast.account,
            key: key(),
            subject: "Annual accounts".to_owned(),
            body: body.to_owned(),
            tasks: Vec::new(),
            reminder: None,
            mentions: Vec::new(),
        };
        match self.firm().command(self.cast.mia, &draft).await {
            Outcome::Ok(Reply::ThreadCreated { thread, .. }) => thread,
            other => panic!("{other:?}"),
        }
    }

    /// Somebody posts.
    pub(crate) async fn post(&self, who: Person, thread: ThreadId, body: &str) -> Seq {
        self.written(who, &post(thread, body)).await
    }

    /// Somebody does what is written to the log.
    pub(crate) async fn written(&self, who: Person, command: &Command) -> Seq {
        match self.firm().command(who, command).await {
            Outcome::Ok(Reply::Written { seq, .. }) => seq,
            other => panic!("{other:?}"),
        }
    }

    /// The ledger of the firm, all of it.
    pub(crate) async fn ledger(&self) -> Vec<Notice> {
        let (mut all, mut path) = (Vec::new(), "/v1/notices?limit=100".to_owned());
        loop {
            let page: List<Notice> = self.firm().http.get(&path).await.expect(200);
            all.extend(page.items);
            let Some(next) = page.next else { return all };
            path = format!("/v1/notices?limit=100&cursor={next}");
        }
    }

    /// Waits until the ledger is as wanted, and gives it.
    pub(crate) async fn ledger_when(
        &self,
        what: &str,
        wanted: impl Fn(&[Notice]) -> bool,
    ) -> Vec<Notice> {
        within(what, async {
            loop {
                let ledger = self.ledger().await;
                if wanted(&ledger) {
                    return ledger;
                }
                tokio::time::sleep(AGAIN).await;
            }
        })
        .await
    }

    /// Waits for the next mail to a person, of those that this has not given yet.
    pub(crate) async fn mail_to(&self, name: &str, count: usize) -> TakenMail {
        within(&format!("mail {count} to {name}"), async {
            loop {
                let mails = self.sink.mails();
                let mut theirs = mails.into_iter().filter(|mail| mail.to[0].contains(name));
                if let Some(mail) = theirs.nth(count - 1) {
                    return mail;
                }
                tokio::time::sleep(AGAIN).await;
            }
        })
        .await
    }
}

/// Whether nothing waits any more.
pub(crate) fn all_settled(ledger: &[Notice]) -> bool {
    ledger.iter().all(|notice| notice.state != NoticeState::Waiting)
}

fn borrowed<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}
