//! What a batch will ask for, known before it begins: whom to lock out, and what to read at once
//! instead of one by one. Pure.

use crate::operation::Operation;
use std::collections::{BTreeMap, BTreeSet};
use tidings_protocol::{Command, FirmId, Person, ThreadId};
use uuid::Uuid;

/// Locks that all firms share: so many are held by a batch at most. The server has room for some
/// thousands over all nodes.
const LOCKS: u32 = 1_024;

/// And those that people share who ask for mail, which is seldom. They come after those of firms.
const ASKER_LOCKS: u32 = 64;

/// What is locked and read before a batch begins. Everything in order, so that nodes which want the
/// same wait for each other, and never in a circle.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Locks of firms, and whether they are to be held alone: by whoever changes the directory. The
    /// others decide by it, and share. And of those who ask for mail, who have to wait between two.
    pub(super) locks: BTreeMap<i32, bool>,
    pub(super) firms: BTreeSet<Uuid>,
    /// Threads in which something happens.
    pub(super) threads: BTreeSet<Uuid>,
    /// Accounts in which threads are started.
    pub(super) accounts: BTreeSet<Uuid>,
    /// Who acts or is called in.
    pub(super) members: BTreeSet<Uuid>,
    pub(super) contacts: BTreeSet<Uuid>,
    /// Whose keys may have been used.
    pub(super) keys: BTreeSet<(Uuid, Uuid)>,
    /// Positions up to which somebody has read.
    pub(super) reads: BTreeSet<(Uuid, i64)>,
    /// Threads to be started.
    pub(super) starts: usize,
}

impl Needs {
    /// Of a batch.
    pub(super) fn of(batch: &[Operation]) -> Self {
        let mut needs = Self::default();
        for operation in batch {
            match operation {
                Operation::Command { actor, command } => {
                    needs.lock(actor.firm, shuts_out(operation));
                    needs.firms.insert(actor.firm.0);
                    needs.person(actor.person);
                    needs.command(actor.person.uuid(), command.get());
                }
                Operation::Directory { firm, .. } => needs.lock(*firm, shuts_out(operation)),
                Operation::Look { firm, thread } | Operation::Remind { firm, thread } => {
                    needs.lock(*firm, false);
                    needs.firms.insert(firm.0);
                    needs.thread(*thread);
                }
                Operation::ClaimNotices { notices, .. }
                | Operation::SettleNotices { notices, .. } => {
                    needs.lock(notices.firm, false);
                    needs.firms.insert(notices.firm.0);
                    needs.person(notices.person);
                    needs.threads.extend(notices.threads().map(|thread| thread.0));
                }
                Operation::AddNotice { actor, thread, .. } => {
                    needs.lock(actor.firm, false);
                    needs.locks.insert(lock_of_asker(actor.person), true);
                    needs.firms.insert(actor.firm.0);
                    needs.person(actor.person);
                    needs.threads.extend(thread.map(|thread| thread.0));
                }
                Operation::CreateFirm { .. }
                | Operation::Claim { .. }
                | Operation::UseLogin { .. }
                | Operation::ForgetNotices { .. }
                | Operation::ForgetRevocations { .. } => {}
            }
        }
        needs
    }

    fn lock(&mut self, firm: FirmId, alone: bool) {
        *self.locks.entry(lock_of(firm)).or_default() |= alone;
    }

    fn person(&mut self, person: Person) {
        match person {
            Person::Member(member) => self.members.insert(member.0),
            Person::Contact(contact) => self.contacts.insert(contact.0),
        };
    }

    fn command(&mut self, actor: Uuid, command: &Command) {
        use Command as C;
        match command {
            C::CreateThread { account, key, mentions, .. } => {
                self.accounts.insert(account.0);
                self.keys.insert((actor, key.0));
                self.members.extend(mentions.iter().map(|member| member.0));
                self.starts += 1;
            }
            C::PostMessage { thread, key, mentions, .. } => {
                self.thread(*thread);
                self.keys.insert((actor, key.0));
                self.members.extend(mentions.iter().map(|member| member.0));
            }
            C::AddTask { thread, key, .. } | C::Resend { thread, key } => {
                self.thread(*thread);
                self.keys.insert((actor, key.0));
            }
            C::Read { thread, up_to } => {
                self.thread(*thread);
                self.reads.extend(i64::try_from(up_to.0).map(|seq| (thread.0, seq)));
            }
            C::Mention { thread, member } => {
                self.thread(*thread);
                self.members.insert(member.0);
            }
            C::EditMessage { thread, .. }
            | C::DeleteMessage { thread, .. }
            | C::RewordTask { thread, .. }
            | C::MoveTask { thread, .. }
            | C::TickTask { thread, .. }
            | C::UntickTask { thread, .. }
            | C::RemoveTask { thread, .. }
            | C::Archive { thread }
            | C::Reopen { thread }
            | C::Follow { thread, .. }
            | C::SetReminder { thread, .. }
            | C::Mute { thread, .. }
            | C::ShowContent { thread, .. }
            | C::ArchiveInboxItem { thread, .. } => self.thread(*thread),
            // They change nothing in a thread, or don't get here.
            C::SetPreferences { .. }
            | C::Authenticate { .. }
            | C::Join { .. }
            | C::Leave { .. }
            | C::Typing { .. }
            | C::Presence { .. }
            | C::GetThread { .. }
            | C::History { .. }
            | C::ListThreads { .. }
            | C::ListInbox { .. }
            | C::WaitingForAction { .. }
            | C::TaskProgress { .. }
            | C::TaskHistory { .. }
            | C::GetPreferences {}
            | C::ListMembers { .. }
            | C::ListAccounts { .. }
            | C::Render { .. } => {}
        }
    }

    fn thread(&mut self, thread: ThreadId) {
        self.threads.insert(thread.0);
    }
}

/// Whether an operation changes what others of its firm decide by, and so has to hold the firm alone.
pub(super) fn shuts_out(operation: &Operation) -> bool {
    match operation {
        Operation::Command { command, .. } => {
            matches!(command.get(), Command::SetPreferences { .. })
        }
        Operation::Directory { .. } => true,
        Operation::CreateFirm { .. }
        | Operation::Look { .. }
        | Operation::Remind { .. }
        | Operation::ClaimNotices { .. }
        | Operation::SettleNotices { .. }
        | Operation::AddNotice { .. }
        | Operation::UseLogin { .. }
        | Operation::ForgetNotices { .. }
        | Operation::Claim { .. }
        | Operation::ForgetRevocations { .. } => false,
    }
}

/// The lock of a firm. Ids end in random bits.
fn lock_of(firm: FirmId) -> i32 {
    one_of(LOCKS, firm.0)
}

/// The lock of somebody who asks for mail, whatever it is about.
fn lock_of_asker(person: Person) -> i32 {
    LOCKS.cast_signed() + one_of(ASKER_LOCKS, person.uuid())
}

fn one_of(locks: u32, id: Uuid) -> i32 {
    let [.., a, b, c, d] = id.into_bytes();
    (u32::from_be_bytes([a, b, c, d]) % locks).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Actor;
    use crate::operation::DirectoryChange;
    use tidings_protocol::{ApiKeyId, Checked, ClientKey, ContactId, MemberId, Seq};

    fn command(firm: u128, command: Command) -> Operation {
        let person = Person::Contact(ContactId(Uuid::from_u128(7)));
        let actor = Actor { firm: FirmId(Uuid::from_u128(firm)), person };
        Operation::Command { actor, command: Checked::try_from(command).unwrap() }
    }

    #[test]
    fn a_batch_needs_what_its_operations_name_each_once() {
        let thread = ThreadId(Uuid::from_u128(9));
        let post = |key| Command::PostMessage {
            thread,
            key: ClientKey(Uuid::from_u128(key)),
            body: "hello".to_owned(),
            mentions: vec![MemberId(Uuid::from_u128(5))],
        };
        let read = Command::Read { thread, up_to: Seq(3) };
        let batch = [command(1, post(1)), command(1, post(2)), command(1, read)];
        let needs = Needs::of(&batch);
        assert_eq!(needs.locks, [(1, false)].into());
        assert_eq!(needs.firms, [Uuid::from_u128(1)].into());
        assert_eq!(needs.threads, [thread.0].into());
        assert_eq!(needs.members, [Uuid::from_u128(5)].into());
        assert_eq!(needs.contacts, [Uuid::from_u128(7)].into());
        assert_eq!(needs.keys.len(), 2);
        assert_eq!(needs.reads, [(thread.0, 3)].into());
    }

    #[test]
    fn who_changes_the_directory_holds_its_firm_alone_and_locks_are_in_order() {
        let firm = |id| FirmId(Uuid::from_u128(id));
        let change = DirectoryChange::DeleteApiKey(ApiKeyId(Uuid::nil()));
        let batch = [
            command(2, Command::GetPreferences {}),
            Operation::Directory { firm: firm(2), change },
            command(2 + 1_024 * 3, Command::GetPreferences {}),
            command(1, Command::GetPreferences {}),
        ];
        let locks: Vec<_> = Needs::of(&batch).locks.into_iter().collect();
        assert_eq!(locks, [(1, false), (2, true)]);
    }

    #[test]
    fn who_asks_for_mail_is_held_alone_after_all_firms() {
        let person = Person::Contact(ContactId(Uuid::from_u128(7)));
        let ask = |firm, thread| Operation::AddNotice {
            actor: Actor { firm: FirmId(Uuid::from_u128(firm)), person },
            thread,
            asked: crate::operation::Asked::Login,
        };
        let batch = [ask(1_023, None), ask(1_023, Some(ThreadId(Uuid::from_u128(9))))];
        let locks: Vec<_> = Needs::of(&batch).locks.into_iter().collect();
        assert_eq!(locks, [(1_023, false), (1_024 + 7, true)]);
    }
}
