//! The office with a real store behind it: what is posted is in the thread, once.

use crate::Store;
use crate::inbound::{Answers, Explained, Office, Posting};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tidings_protocol::{
    Answers as Policy, Checked, ClientKey, Command, ContactState, FirmId, FirmPatch, Language,
    MailPatch, NewAccount, NewContact, NewMember, NoticeId, Page, Person, Refusal, RefusalCode,
    Reply, Rights, Role, ThreadId, Timestamp,
};
use tidings_storage::letter::AnswerProblem;
use tidings_storage::sqlite::{Location, Mode, Sqlite};
use tidings_storage::{
    Actor, Asked, DirectoryChange, Done, NoticeFacts, NoticeFilter, Operation, Reader,
    SystemEntropy, Unavailable, Writer,
};
use uuid::Uuid;

const HOUR_MS: i64 = 60 * 60 * 1000;

/// A database, one operation at a time, at a time that is told.
#[derive(Clone)]
struct Database {
    writer: Arc<Mutex<dyn Writer>>,
    reader: Arc<Mutex<dyn Reader>>,
    now: Arc<Mutex<Timestamp>>,
    _folder: Arc<TempDir>,
}

impl Store for Database {
    async fn apply(&self, operation: Operation) -> Result<Done, Refusal> {
        self.put(operation)
    }

    async fn read<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
    ) -> Result<R, Unavailable> {
        Ok(question(&mut *self.reader.lock().unwrap()))
    }
}

impl Database {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("tidings.db"));
        let database = Sqlite::open(&location, Mode::Serve, &mut SystemEntropy).unwrap();
        Self {
            reader: Arc::new(Mutex::new(database.reader().unwrap())),
            writer: Arc::new(Mutex::new(database.writer(Box::new(SystemEntropy)).unwrap())),
            now: Arc::new(Mutex::new(Timestamp(1_800_000_000_000))),
            _folder: Arc::new(folder),
        }
    }

    fn put(&self, operation: Operation) -> Result<Done, Refusal> {
        let now = *self.now.lock().unwrap();
        let applied = self.writer.lock().unwrap().apply(vec![operation], now).unwrap();
        applied.into_iter().next().unwrap().outcome
    }

    fn change(&self, firm: FirmId, change: DirectoryChange) -> Done {
        self.put(Operation::Directory { firm, change }).unwrap()
    }

    fn command(&self, actor: Actor, command: Command) -> Done {
        let command = Checked::try_from(command).unwrap();
        self.put(Operation::Command { actor, command }).unwrap()
    }

    fn notices(&self, firm: FirmId) -> Vec<tidings_protocol::Notice> {
        let page = Page { cursor: None, limit: None };
        let mut reader = self.reader.lock().unwrap();
        reader.notices(firm, None, NoticeFilter::default(), &page).ok().unwrap().items
    }

    fn pass(&self, millis: i64) {
        let mut now = self.now.lock().unwrap();
        *now = now.plus_millis(millis);
    }
}

/// A thread with a contact who was written to.
struct Desk {
    database: Database,
    office: Office<Database>,
    contact: Actor,
    owner: Actor,
    thread: ThreadId,
    notice: NoticeId,
}

impl Desk {
    fn new() -> Self {
        let database = Database::open();
        let name = |name: &str| name.to_owned();
        let Done::Firm(firm) = database.put(Operation::CreateFirm { name: name("Firm") }).unwrap()
        else {
            panic!("no firm")
        };
        let firm = firm.firm;
        let mail = MailPatch { answers: Some(Policy::Deliver), ..MailPatch::default() };
        database
            .change(firm, DirectoryChange::PatchFirm(FirmPatch { mail, ..FirmPatch::default() }));
        let owner = NewMember {
            name: name("Olga"),
            email: name("olga@firm.example"),
            role: Role::Owner,
            rights: Rights::default(),
        };
        let Done::Member(owner) = database.change(firm, DirectoryChange::CreateMember(owner))
        else {
            panic!("no member")
        };
        let account = NewAccount { name: name("Acme"), time_zone: name("UTC") };
        let Done::Account(account) = database.change(firm, DirectoryChange::CreateAccount(account))
        else {
            panic!("no account")
        };
        let contact = NewContact {
            account: account.account,
            name: name("Ann"),
            email: name("Ann@client.example"),
            notify: true,
            state: ContactState::Active,
            language: Language::En,
            time_zone: name("UTC"),
        };
        let Done::Contact(contact) = database.change(firm, DirectoryChange::CreateContact(contact))
        else {
            panic!("no contact")
        };
        let owner = Actor { firm, person: Person::Member(owner.member) };
        let contact = Actor { firm, person: Person::Contact(contact.contact) };
        let command = Command::CreateThread {
            account: account.account,
            key: ClientKey(Uuid::from_u128(1)),
            subject: name("Friday"),
            body: name("Is Friday fine?"),
            tasks: Vec::new(),
            reminder: None,
            mentions: Vec::new(),
        };
        let Done::Reply(Reply::ThreadCreated { thread, .. }) = database.command(owner, command)
        else {
            panic!("no thread")
        };
        let asked =
            Operation::AddNotice { actor: contact, thread: Some(thread), asked: Asked::Login };
        database.put(asked).unwrap();
        let notice = database.notices(firm)[0].notice;
        let office = Office(database.clone());
        Self { database, office, contact, owner, thread, notice }
    }

    async fn facts(&self) -> NoticeFacts {
        self.office.notice(self.notice).await.unwrap().unwrap()
    }

    async fn post(&self, key: u128, body: &str) -> Posting {
        let key = ClientKey(Uuid::from_u128(key));
        self.office.post(&self.facts().await, key, body.to_owned()).await.unwrap()
    }

    fn messages(&self) -> u64 {
        let mut reader = self.database.reader.lock().unwrap();
        reader.summaries(&[self.thread]).unwrap()[0].messages
    }
}

#[tokio::test]
async fn what_is_known_of_a_notice_is_found() {
    let desk = Desk::new();
    let facts = desk.facts().await;
    assert_eq!((facts.actor, facts.thread), (desk.contact, Some(desk.thread)));
    assert_eq!((facts.email.as_str(), facts.answers), ("Ann@client.example", Policy::Deliver));
    assert_eq!(desk.office.notice(NoticeId(Uuid::max())).await, Ok(None));
}

#[tokio::test]
async fn an_answer_is_posted_once_however_often_it_is_brought() {
    let desk = Desk::new();
    assert_eq!(desk.messages(), 1);
    for _ in 0..3 {
        assert_eq!(desk.post(7, "Yes.").await, Posting::Posted);
    }
    assert_eq!(desk.post(8, "Yes.").await, Posting::Posted);
    assert_eq!(desk.messages(), 3);
}

#[tokio::test]
async fn what_can_not_be_posted_is_refused() {
    let desk = Desk::new();
    assert_eq!(desk.post(7, " ").await, Posting::Refused(RefusalCode::Invalid));
    desk.database.command(desk.owner, Command::Archive { thread: desk.thread });
    assert_eq!(desk.post(7, "Yes.").await, Posting::Refused(RefusalCode::Archived));
    assert_eq!(desk.messages(), 1);
}

#[tokio::test]
async fn why_is_said_once_an_hour() {
    let desk = Desk::new();
    let facts = desk.facts().await;
    let before = desk.database.notices(desk.owner.firm).len();
    for (wait, expected) in
        [(0, Explained::Told), (HOUR_MS - 1, Explained::TooSoon), (1, Explained::Told)]
    {
        desk.database.pass(wait);
        let said = desk.office.explain(&facts, AnswerProblem::NotTaken).await;
        assert_eq!(said, Ok(expected), "{wait}");
    }
    assert_eq!(desk.database.notices(desk.owner.firm).len(), before + 2);
}
