//! A firm with a client, in a store; notifiers that work for it; and what the tests ask of both.

use crate::held::{HandClock, Held};
use std::sync::Arc;
use std::time::Duration;
use tidings_notifier::Store;
use tidings_notifier::deliver::{Settings, Transport};
use tidings_notifier::run::{Notifier, Office as Links, Options};
use tidings_notifier::signed::Signer;
use tidings_protocol::{
    AccountId, Checked, ClientKey, Command, ContactState, FirmId, InboxItem, Language, List,
    NewAccount, NewContact, NewMember, Notice, Page, Person, Reply, Rights, Role, Seq, ThreadId,
};
use tidings_storage::{Actor, Asked, Clock, DirectoryChange, Done, NoticeFilter, Operation};
use tidings_tests::{MailSink, within};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Between two looks at what is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The firm and its store.
pub(crate) struct Office {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) store: Held,
    pub(crate) firm: FirmId,
    pub(crate) owner: Actor,
    pub(crate) client: Actor,
    account: AccountId,
}

/// A notifier that is at work.
pub(crate) struct Working {
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) task: JoinHandle<()>,
}

impl Office {
    /// A firm with an owner, and one account with a client.
    pub(crate) async fn new() -> Self {
        let clock = HandClock::new();
        let store = Held::new(&clock);
        let created = Operation::CreateFirm { name: "Bright & Partners".to_owned() };
        let Ok(Done::Firm(firm)) = store.apply(created).await else { panic!("no firm") };
        let firm = firm.firm;
        let change = async |change| {
            store.apply(Operation::Directory { firm, change }).await.expect("it is allowed")
        };
        let owner = NewMember {
            name: "Olivia".to_owned(),
            email: "olivia@bright.example".to_owned(),
            role: Role::Owner,
            rights: Rights::default(),
        };
        let Done::Member(owner) = change(DirectoryChange::CreateMember(owner)).await else {
            panic!("no member")
        };
        let account = NewAccount { name: "Bakery".to_owned(), time_zone: "UTC".to_owned() };
        let Done::Account(account) = change(DirectoryChange::CreateAccount(account)).await else {
            panic!("no account")
        };
        let client = NewContact {
            account: account.account,
            name: "Carla".to_owned(),
            email: "carla@client.example".to_owned(),
            notify: true,
            state: ContactState::Active,
            language: Language::En,
            time_zone: "UTC".to_owned(),
        };
        let Done::Contact(client) = change(DirectoryChange::CreateContact(client)).await else {
            panic!("no contact")
        };
        let actor = |person| Actor { firm, person };
        Self {
            clock,
            firm,
            owner: actor(Person::Member(owner.member)),
            client: actor(Person::Contact(client.contact)),
            account: account.account,
            store,
        }
    }

    async fn does(&self, actor: Actor, command: Command) -> Reply {
        let command = Checked::try_from(command).unwrap();
        match self.store.apply(Operation::Command { actor, command }).await {
            Ok(Done::Reply(reply)) => reply,
            other => panic!("{other:?}"),
        }
    }

    /// A thread that the owner begins.
    pub(crate) async fn writes(&self, body: &str) -> ThreadId {
        let command = Command::CreateThread {
            account: self.account,
            key: ClientKey(Uuid::new_v4()),
            subject: String::new(),
            body: body.to_owned(),
            tasks: Vec::new(),
            reminder: None,
            mentions: Vec::new(),
        };
        match self.does(self.owner, command).await {
            Reply::ThreadCreated { thread, .. } => thread,
            other => panic!("{other:?}"),
        }
    }

    /// The client reads its first message.
    pub(crate) async fn reads(&self, thread: ThreadId) {
        self.does(self.client, Command::Read { thread, up_to: Seq(2) }).await;
    }

    /// The client asks for a link to log in.
    pub(crate) async fn asks_for_a_link(&self) {
        let asked = Asked::Login;
        let operation = Operation::AddNotice { actor: self.client, thread: None, asked };
        assert_eq!(self.store.apply(operation).await, Ok(Done::Nothing));
    }

    /// The ledger of a thread, newest first.
    pub(crate) async fn ledger(&self, thread: ThreadId) -> Vec<Notice> {
        let (firm, filter) = (self.firm, NoticeFilter { thread: Some(thread), person: None });
        let page = Page::default();
        let asked = self.store.read(move |reader| reader.notices(firm, None, filter, &page)).await;
        let List { items, .. } = asked.unwrap().unwrap();
        items
    }

    /// Waits until the one notice of a thread is as it should be.
    pub(crate) async fn wait_for(&self, thread: ThreadId, so: impl Fn(&Notice) -> bool) -> Notice {
        let seen = async {
            loop {
                if let [notice] = &self.ledger(thread).await[..]
                    && so(notice)
                {
                    return notice.clone();
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        within("a notice", seen).await
    }

    /// Whether a notifier would find nothing to do.
    pub(crate) async fn is_idle(&self) -> bool {
        let now = self.clock.now();
        let due = self.store.read(move |reader| reader.due(now, 10)).await.unwrap().unwrap();
        due == tidings_storage::DueWork::default()
    }

    /// What stands in the owner's inbox.
    pub(crate) async fn inbox(&self) -> Vec<InboxItem> {
        let list = Command::ListInbox { archived: false, page: Page::default() };
        let (owner, list, now) = (self.owner, Checked::try_from(list).unwrap(), self.clock.now());
        let asked = self.store.read(move |reader| reader.answer(owner, &list, now)).await;
        match asked.unwrap().unwrap() {
            Reply::Inbox { items, .. } => items,
            other => panic!("{other:?}"),
        }
    }

    /// Starts a notifier that sends to a mail server.
    pub(crate) fn notifier(&self, sink: &MailSink) -> Working {
        self.notifier_to(&Settings {
            smtp: Some(sink.url().parse().unwrap()),
            smtp_password_file: None,
            folder: "/nonexistent".into(),
            dkim: None,
        })
    }

    /// Starts a notifier.
    pub(crate) fn notifier_to(&self, settings: &Settings) -> Working {
        let links = Links {
            signer: Signer::new([1; 32]),
            public_url: "https://chat.example".to_owned(),
            reply_domain: Some("reply.example".to_owned()),
        };
        let options = Options {
            every: Duration::from_millis(10),
            ..Options::new("tidings@bright.example".parse().unwrap(), links)
        };
        let transport = Transport::open(settings).unwrap();
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let notifier = Notifier::new(self.store.clone(), clock, transport, options);
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(notifier.run(async move {
            // An end without a word is one too.
            let _ = stopped.wait_for(|stop| *stop).await;
        }));
        Working { stop, task }
    }
}

impl Working {
    /// Has it end in order.
    pub(crate) async fn stops(self) {
        self.stop.send_replace(true);
        within("the end of a notifier", self.task).await.unwrap();
    }

    /// Kills it, whatever it is at.
    pub(crate) async fn dies(self) {
        self.task.abort();
        assert!(within("the end of a notifier", self.task).await.is_err());
    }
}
