//! What the user of a device does next.

use crate::chance::Chance;
use crate::device::{Device, Phase};
use crate::truth::{Truth, key_of};
use tidings_protocol::{
    ClientFrame, ClientKey, Command, HistoryFrom, MemberId, MessageId, Page, Person, Reminder,
    RequestId, Seq, TaskId, ThreadFilter, ThreadId,
};

impl Device {
    /// Notes a command as asked and gives the frame's bytes. Only on a link.
    pub(crate) fn ask(&mut self, command: Command) -> Vec<u8> {
        self.next_id += 1;
        let id = RequestId(self.next_id);
        if let Some(link) = &mut self.link {
            link.asked.insert(id, command.clone());
        }
        match &command {
            Command::Join { thread, after } => {
                let replica = self.replicas.entry(*thread).or_default();
                replica.phase = Phase::Joining { id, after: *after };
                replica.wanted = true;
            }
            Command::Leave { thread } => {
                let replica = self.replicas.entry(*thread).or_default();
                replica.phase = Phase::Out;
                replica.wanted = false;
            }
            _ if key_of(&command).is_some() && !self.unanswered.contains(&command) => {
                self.unanswered.push_back(command.clone());
            }
            _ => {}
        }
        self.encoding.encode_client(&ClientFrame { id, command })
    }

    /// What is to be sent first on a new connection: what was not answered, in its order.
    pub(crate) fn again(&self) -> Vec<Command> {
        self.unanswered.iter().cloned().collect()
    }

    /// Threads that are to be joined and are not.
    pub(crate) fn rejoins(&self) -> Vec<Command> {
        let out = self
            .replicas
            .iter()
            .filter(|(_, replica)| replica.wanted && replica.phase == Phase::Out);
        out.map(|(thread, replica)| Command::Join { thread: *thread, after: replica.after() })
            .collect()
    }

    /// Joins all it knows of, and reads what it has joined.
    pub(crate) fn look_in(&self) -> Vec<Command> {
        let welcomed = self.link.as_ref().is_some_and(|link| link.welcomed);
        let known = self.known.iter().filter(|_| welcomed);
        let commands = known.map(|thread| {
            let (thread, replica) = (*thread, self.replicas.get(thread));
            match replica {
                Some(replica) if replica.phase == Phase::Live => {
                    Command::Read { thread, up_to: replica.last }
                }
                _ => Command::Join { thread, after: replica.and_then(super::Replica::after) },
            }
        });
        commands.collect()
    }

    /// Some commands, sent one behind the other.
    pub(crate) fn choose(&mut self, chance: &mut Chance, truth: &Truth) -> Vec<Command> {
        let known: Vec<ThreadId> = self.known.iter().copied().collect();
        let Some(thread) = chance.pick(&known) else { return self.elsewhere(chance, truth) };
        let command = match chance.below(40) {
            0..=7 => return vec![self.join(thread, chance)],
            8..=19 => {
                let count = chance.between(1, 4);
                return (0..count).map(|_| self.post(thread, chance, truth)).collect();
            }
            20..=23 => self.change_own(thread, chance),
            24..=27 => self.read(thread, chance),
            28..=31 => self.task(thread, chance, truth),
            32 => Some(Command::Leave { thread }).filter(|_| self.is_live(thread)),
            33 => Some(Self::watch(thread, chance)).filter(|_| self.is_live(thread)),
            34 => Some(Self::question(thread, chance)),
            35 => Some(self.of_the_team(thread, chance, truth)),
            36 => self.done.back().cloned(),
            37 => return self.rejoins(),
            38 => return self.again(),
            _ => return self.elsewhere(chance, truth),
        };
        command.into_iter().collect()
    }

    fn is_live(&self, thread: ThreadId) -> bool {
        self.replicas.get(&thread).is_some_and(|replica| replica.phase == Phase::Live)
    }

    /// Resumes if it has something, and starts over now and then.
    fn join(&self, thread: ThreadId, chance: &mut Chance) -> Command {
        let after = self.replicas.get(&thread).and_then(super::Replica::after);
        let after = if chance.percent(10) { Some(Seq(0)) } else { after };
        Command::Join { thread, after }
    }

    fn body(&mut self) -> String {
        self.bodies += 1;
        format!("device {} says {}", self.number, self.bodies)
    }

    fn post(&mut self, thread: ThreadId, chance: &mut Chance, truth: &Truth) -> Command {
        let mut body = self.body();
        let mut mentions = Vec::new();
        if chance.percent(8) {
            let team = self.team(truth);
            if let Some((member, name)) = chance.pick(&team) {
                if chance.percent(50) {
                    body = format!("@{name} {body}");
                } else if matches!(self.actor.person, Person::Member(_)) {
                    mentions.push(member);
                }
            }
        }
        Command::PostMessage { thread, key: ClientKey(chance.uuid()), body, mentions }
    }

    fn team(&self, truth: &Truth) -> Vec<(MemberId, String)> {
        let people = truth.people.iter().filter(|(_, standing)| standing.firm == self.actor.firm);
        let members = people.filter_map(|(person, standing)| match person {
            Person::Member(member) => Some((*member, standing.name.clone())),
            Person::Contact(_) => None,
        });
        members.collect()
    }

    /// Edits or takes back a message, mostly one's own.
    fn change_own(&mut self, thread: ThreadId, chance: &mut Chance) -> Option<Command> {
        let replica = self.replicas.get(&thread)?;
        let anybody = chance.percent(10);
        let posted = replica.log.values().filter(|event| event.kind.is_message());
        let own = posted.filter(|event| anybody || event.actor == self.actor.person);
        let own: Vec<MessageId> = own.map(|event| MessageId(event.seq.0)).collect();
        let message = chance.pick(&own)?;
        if chance.percent(30) {
            return Some(Command::DeleteMessage { thread, message });
        }
        let body = self.body();
        Some(Command::EditMessage { thread, message, body })
    }

    fn read(&self, thread: ThreadId, chance: &mut Chance) -> Option<Command> {
        let last = self.replicas.get(&thread)?.last;
        let up_to = Seq(chance.between(0, last.0 + 2));
        Some(Command::Read { thread, up_to })
    }

    fn task(&self, thread: ThreadId, chance: &mut Chance, truth: &Truth) -> Option<Command> {
        if matches!(self.actor.person, Person::Member(_)) && chance.percent(40) {
            let text = format!("task {}", chance.below(1_000));
            let key = ClientKey(chance.uuid());
            return Some(Command::AddTask { thread, key, text, before: None });
        }
        let tasks = truth.threads.get(&thread)?.tasks();
        let tasks: Vec<TaskId> = tasks.into_keys().collect();
        let task = chance.pick(&tasks)?;
        Some(match chance.below(9) {
            0..=4 => Command::TickTask { thread, task },
            5..=7 => Command::UntickTask { thread, task },
            _ => Command::RemoveTask { thread, task },
        })
    }

    fn watch(thread: ThreadId, chance: &mut Chance) -> Command {
        if chance.percent(50) {
            return Command::Typing { thread };
        }
        Command::Presence { thread, looking: chance.percent(50) }
    }

    fn question(thread: ThreadId, chance: &mut Chance) -> Command {
        match chance.below(3) {
            0 => Command::GetThread { thread },
            1 => Command::History { thread, from: HistoryFrom::End, limit: Some(20) },
            _ => Command::ListThreads { filter: ThreadFilter::default(), page: Page::default() },
        }
    }

    /// Contacts ask for it too, and are refused.
    fn of_the_team(&self, thread: ThreadId, chance: &mut Chance, truth: &Truth) -> Command {
        match chance.below(8) {
            0 => Command::Archive { thread },
            4 | 5 => {
                let on = chance.percent(80);
                Command::SetReminder { thread, reminder: Self::reminder(on, chance) }
            }
            6 => Command::Resend { thread, key: ClientKey(chance.uuid()) },
            1 | 2 => Command::Reopen { thread },
            _ => match chance.pick(&self.team(truth)) {
                Some((member, _)) => Command::Mention { thread, member },
                None => Command::Reopen { thread },
            },
        }
    }

    /// Every day, or every other, for some days.
    fn reminder(on: bool, chance: &mut Chance) -> Reminder {
        Reminder { on, days: 1 + u16::from(chance.percent(30)), count: 1 + u16::from(on) }
    }

    /// Starts a thread, or pokes at one that it may not know of.
    fn elsewhere(&mut self, chance: &mut Chance, truth: &Truth) -> Vec<Command> {
        let all: Vec<ThreadId> = truth.threads.keys().copied().collect();
        if let (Some(thread), true) = (chance.pick(&all), chance.percent(60)) {
            return match chance.below(3) {
                0 => vec![self.post(thread, chance, truth)],
                1 => vec![self.join(thread, chance)],
                _ => vec![Self::question(thread, chance)],
            };
        }
        if truth.threads.len() >= THREADS_MAX {
            return Vec::new();
        }
        let accounts: Vec<_> = truth
            .people
            .values()
            .filter(|standing| standing.firm == self.actor.firm)
            .flat_map(|standing| standing.accounts.iter().copied())
            .collect();
        let Some(account) = chance.pick(&accounts) else { return Vec::new() };
        let team = matches!(self.actor.person, Person::Member(_));
        let tasks = if team { vec!["first".to_owned(), "second".to_owned()] } else { Vec::new() };
        vec![Command::CreateThread {
            account,
            key: ClientKey(chance.uuid()),
            subject: String::new(),
            body: self.body(),
            tasks,
            reminder: (team && chance.percent(70)).then(|| Self::reminder(true, chance)),
            mentions: Vec::new(),
        }]
    }
}

/// Threads of one run, so that people meet.
const THREADS_MAX: usize = 5;
