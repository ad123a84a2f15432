//! What people are told by their feeds without anybody's doing anything just then: of reminders,
//! emails that fail, and what was sent once more.

use super::tests::{change, contact, enter, new_account};
use crate::clock::SystemClock;
use crate::config::{Config, StoreUrl};
use crate::node::Node;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tidings_protocol::{
    AccountId, Checked, ClientKey, Command, NewMember, NoticeReason, Outcome, Page, Person,
    Reminder, Reply, Rights, Role, Seq, ThreadId, Timestamp,
};
use tidings_storage::{Actor, Clock, DirectoryChange, Done, NoticesOf, Operation, Sending};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use uuid::Uuid;

/// How long anything may take to be told.
const SOON: Duration = Duration::from_secs(20);

/// The machine's clock, moved.
#[derive(Default)]
struct Moved(AtomicI64);

impl Moved {
    fn by_hours(&self, hours: i64) {
        self.0.fetch_add(hours * 3_600_000, Ordering::Relaxed);
    }
}

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_millis(self.0.load(Ordering::Relaxed))
    }
}

/// A firm whose owner and one client are connected, and have joined nothing.
struct Scene {
    _folder: tempfile::TempDir,
    clock: Arc<Moved>,
    node: Arc<Node>,
    account: AccountId,
    owner: Actor,
    client: Actor,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = StoreUrl::Sqlite(folder.path().join("tidings.db"));
        let clock = Arc::new(Moved::default());
        let config = Config { store, ..Config::default() };
        let node = Node::start(config, Arc::<Moved>::clone(&clock)).await.unwrap();
        let made = node.apply(Operation::CreateFirm { name: "Bright".to_owned() }).await.unwrap();
        let Done::Firm(firm) = made else { panic!("a firm was asked for") };
        let firm = firm.firm;
        let account = new_account(&node, firm, "Bakery").await;
        let client = Actor { firm, person: contact(&node, firm, account, "carla").await };
        let new = NewMember {
            name: "Olivia".to_owned(),
            email: "olivia@bright.example".to_owned(),
            role: Role::Owner,
            rights: Rights::default(),
        };
        let made = change(&node, firm, DirectoryChange::CreateMember(new)).await;
        let Done::Member(owner) = made else { panic!("a member was asked for") };
        let owner = Actor { firm, person: Person::Member(owner.member) };
        Self { _folder: folder, clock, node, account, owner, client }
    }

    async fn connect(&self, actor: Actor) -> TcpStream {
        let read = move |reader: &mut dyn tidings_storage::Reader| {
            (reader.access(actor).unwrap().unwrap(), reader.welcome(actor).unwrap().unwrap())
        };
        let (access, welcome) = self.node.store.read(read).await.unwrap();
        enter(&self.node, actor, access, welcome).await
    }

    async fn does(&self, actor: Actor, command: Command) -> Reply {
        match self.node.execute(actor, Checked::try_from(command).unwrap()).await {
            Outcome::Ok(reply) => reply,
            Outcome::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    /// A thread with a task, of which the client is reminded every day.
    async fn thread(&self, number: u128) -> ThreadId {
        let command = Command::CreateThread {
            account: self.account,
            key: ClientKey(Uuid::from_u128(number)),
            subject: format!("Thread {number}"),
            body: "Please".to_owned(),
            tasks: vec!["Send it".to_owned()],
            reminder: Some(Reminder { on: true, days: 1, count: 3 }),
            mentions: Vec::new(),
        };
        match self.does(self.owner, command).await {
            Reply::ThreadCreated { thread, .. } => thread,
            other => panic!("{other:?}"),
        }
    }

    /// What threads wait for the client, in the order of the list, and by what they are in that order.
    async fn waiting(&self) -> Vec<(ThreadId, Timestamp)> {
        let list = Command::WaitingForAction { page: Page::default() };
        match self.does(self.client, list).await {
            Reply::Waiting { items, .. } => {
                items.iter().map(|item| (item.summary.thread, item.summary.waiting_ms)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    /// An hour later, the email to the client about a thread in the hands of a notifier.
    async fn claim_mail_of(&self, thread: ThreadId) -> (NoticesOf, Uuid) {
        self.clock.by_hours(1);
        let (firm, person) = (self.owner.firm, self.client.person);
        self.node.apply(Operation::Look { firm, thread }).await.unwrap();
        let now = self.clock.now();
        let due = self.node.store.read(move |reader| reader.due(now, 10).unwrap()).await.unwrap();
        let of_client = |of: &&NoticesOf| of.person == person;
        let notices = due.mails.iter().find(of_client).expect("the client is told").clone();
        let (holder, until) = (Uuid::from_u128(7), now.plus_millis(60_000));
        let claim = Operation::ClaimNotices { notices: notices.clone(), holder, until };
        let claimed = self.node.apply(claim).await.unwrap();
        assert!(matches!(claimed, Done::Notices(taken) if taken.len() == 1));
        (notices, holder)
    }
}

/// What comes on a socket until it is told something.
async fn hear(client: &mut TcpStream, what: &str) -> String {
    let mut heard = Vec::new();
    let hearing = async {
        loop {
            let text = String::from_utf8_lossy(&heard).into_owned();
            if text.contains(what) {
                return text;
            }
            assert!(client.read_buf(&mut heard).await.unwrap() > 0, "it ended after {text}");
        }
    };
    tokio::time::timeout(SOON, hearing).await.unwrap_or_else(|_| panic!("nobody was told {what}"))
}

#[tokio::test]
async fn who_has_not_joined_is_told_that_a_reminder_was_sent_and_that_none_is_due_any_more() {
    let scene = Scene::new().await;
    let mut owner = scene.connect(scene.owner).await;
    let thread = scene.thread(1).await;
    hear(&mut owner, r#""reminder_state":{"pending":true,"sent":0"#).await;
    // The first reminder counts from the email, if that goes out late.
    let (notices, holder) = scene.claim_mail_of(thread).await;
    let (answer, message_id) = ("250 taken".to_owned(), "1@firm.example".to_owned());
    let sending = Sending::Sent { answer, message_id };
    let settle = Operation::SettleNotices { notices, holder, sending };
    scene.node.apply(settle).await.unwrap();
    scene.clock.by_hours(24);
    // Nobody's socket waits for the answer.
    let remind = Operation::Remind { firm: scene.owner.firm, thread };
    assert_eq!(scene.node.apply(remind).await.unwrap(), Done::Nothing);
    hear(&mut owner, r#""reminder_state":{"pending":true,"sent":1"#).await;
    let task = tidings_protocol::TaskId(3);
    scene.does(scene.client, Command::TickTask { thread, task }).await;
    hear(&mut owner, r#""tasks_open":0"#).await;
    // Reading is all that is left to do. It is no event, and is told all the same.
    scene.does(scene.client, Command::Read { thread, up_to: Seq(u64::from(u32::MAX)) }).await;
    hear(&mut owner, r#""reminder_state":{"pending":false,"sent":1"#).await;
}

#[tokio::test]
async fn the_team_is_told_of_an_email_that_was_not_delivered_though_nothing_happened_in_the_thread()
{
    let scene = Scene::new().await;
    let mut owner = scene.connect(scene.owner).await;
    let thread = scene.thread(1).await;
    let (notices, holder) = scene.claim_mail_of(thread).await;
    let (answer, reason) = ("no such mailbox".to_owned(), NoticeReason::Refused);
    let message_id = "1@firm.example".to_owned();
    let sending = Sending::Failed { answer, message_id, reason };
    let settle = Operation::SettleNotices { notices, holder, sending };
    scene.node.apply(settle).await.unwrap();
    hear(&mut owner, r#""kind":"delivery_failed""#).await;
}

#[tokio::test]
async fn what_was_sent_once_more_is_first_among_what_waits_and_connected_clients_are_told() {
    let scene = Scene::new().await;
    let (first, second) = (scene.thread(1).await, scene.thread(2).await);
    let order = |waiting: &[(ThreadId, Timestamp)]| -> Vec<ThreadId> {
        waiting.iter().map(|(thread, _)| *thread).collect()
    };
    scene.clock.by_hours(1);
    assert_eq!(order(&scene.waiting().await), [second, first]);
    let mut client = scene.connect(scene.client).await;
    let key = ClientKey(Uuid::from_u128(9));
    scene.does(scene.owner, Command::Resend { thread: first, key }).await;
    let waiting = scene.waiting().await;
    assert_eq!(order(&waiting), [first, second]);
    assert!(waiting[0].1 > waiting[1].1, "{waiting:?}");
    let told = hear(&mut client, &format!(r#""waiting_ms":{}"#, waiting[0].1)).await;
    assert!(told.contains("thread_changed") && told.contains(&first.to_string()), "{told}");
}
