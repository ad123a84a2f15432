//! Conversations: many threads of two to six people who write, read, tick, type, turn away and lose
//! the network. Some lose their access in the middle. Devices come in over a ramp and leave over
//! another, so the whole life of a server's day is in one run.

use crate::cast::Plan;
use crate::meter::real;
use crate::options::Options;
use crate::record::Micros;
use crate::report::{Intended, Report};
use crate::scenario::access::{Crowd, end_access, turn_over};
use crate::scenario::fan_out::rate;
use crate::scenario::finish::About;
use crate::scenario::stage::{Stage, micros};
use anyhow::{Result, ensure};
use clap::Args;
use futures_util::future::try_join_all;
use std::cell::{Cell, RefCell};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Contacts and members of a group: together the most people of a thread.
const CONTACTS: usize = 3;
const MEMBERS: usize = 3;

/// Tasks of each thread.
const TASKS: usize = 5;

/// Conversations: threads of two to six people who write, read, tick and type
#[derive(Args, Clone, Debug)]
pub struct Conversations {
    /// Threads
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(2..=50_000))]
    pub threads: u32,
    /// What each person does a second, on average
    #[arg(long, default_value_t = 0.5, value_parser = rate)]
    pub rate: f64,
    /// Contacts that lose their access in the middle
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub access_ends: u32,
    /// So many people at a time lose their access for a while, one after another, in the measured part
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub access_turnover: u32,
    /// Devices come in over so many seconds before the measured part
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    pub ramp_up: u32,
    /// Devices leave over so many seconds after it
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    pub ramp_down: u32,
    /// Sockets that only listen to their feed, besides
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=200_000))]
    pub listeners: u32,
    /// How often all connections are lost at once in the measured part
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub herds: u32,
    /// What every scenario takes.
    #[command(flatten)]
    pub options: Options,
}

/// A day's load: conversations and listeners that come and go, and a herd
#[derive(Args, Clone, Debug)]
pub struct Mixed {
    /// Threads
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(2..=50_000))]
    pub threads: u32,
    /// Sockets that only listen to their feed, besides
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(0..=200_000))]
    pub listeners: u32,
    /// Length of ramp-up and ramp-down, in seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub ramp: u32,
    /// What each person does a second, on average
    #[arg(long, default_value_t = 0.5, value_parser = rate)]
    pub rate: f64,
    /// What every scenario takes.
    #[command(flatten)]
    pub options: Options,
}

impl Mixed {
    /// Runs it.
    pub async fn run(&self) -> Result<Report> {
        let conversations = Conversations {
            threads: self.threads,
            rate: self.rate,
            access_ends: self.threads.div_ceil(50),
            access_turnover: 0,
            ramp_up: self.ramp,
            ramp_down: self.ramp,
            listeners: self.listeners,
            herds: 1,
            options: self.options.clone(),
        };
        conversations.run_as("mixed").await
    }
}

impl Conversations {
    /// Runs it.
    pub async fn run(&self) -> Result<Report> {
        self.run_as("conversations").await
    }

    async fn run_as(&self, name: &'static str) -> Result<Report> {
        ensure!(self.access_ends <= self.threads, "--access-ends: at most one in each thread");
        let groups = self.threads as usize;
        let plan = Plan { groups, contacts: CONTACTS, members: MEMBERS, threads: 1, tasks: TASKS };
        let stage = Stage::open(&self.options, plan).await?;
        let mut crowd = Crowd { stage, lives: Vec::new(), rate: self.rate };
        self.ramp_up(&mut crowd).await?;
        tokio::time::sleep(Duration::from_secs(self.options.warm_up.into())).await;
        crowd.stage.begin_measuring(self.options.seconds)?;
        let crowd = RefCell::new(crowd);
        let changes = self.middle(&crowd).await?;
        let Crowd { mut stage, lives, .. } = crowd.into_inner();
        stage.end_measuring()?;
        let counts = stage.measured_counts();
        stage.figure("people who lost their access", real(self.access_ends.into()), "");
        stage.figure("ends of access for a while", real(changes), "");
        stage.figure("commands besides messages", real(counts.commands), "");
        lives.iter().for_each(JoinHandle::abort);
        stage.rest().await;
        stage.read_back().await?;
        self.ramp_down(&stage).await;
        let about = self.about(name, stage.measured_seconds(), &stage_sockets(self));
        Ok(stage.report(about, None))
    }

    /// Devices come in evenly, and begin to live.
    async fn ramp_up(&self, crowd: &mut Crowd) -> Result<()> {
        let clock = crowd.stage.world.clock;
        let start = clock.now();
        let ramp = micros(Duration::from_secs(self.ramp_up.into()));
        let all = u64::from(self.listeners) + stage_sockets(self).talking;
        crowd.stage.live.phase("ramp-up", all);
        let mut come = 0;
        let mut listeners = 0..self.listeners as usize;
        for group in 0..crowd.stage.circles.len() {
            for person in people_of(group) {
                crowd.comes(group, person);
                let stage = &mut crowd.stage;
                come += 1;
                let share = self.listeners as usize / stage.circles.len() / 2 + 1;
                for listener in listeners.by_ref().take(share) {
                    stage.start_device(listener % stage.circles.len(), 0, false);
                    come += 1;
                }
                let due = Micros(start.0 + ramp * come / all.max(1));
                tokio::time::sleep_until(clock.instant(due).into()).await;
                stage.live.position(come);
            }
        }
        let limit = Duration::from_mins(1);
        // Some of them may have lost the network by then, and are about to come back.
        crowd.stage.world.wait("everybody", limit, |c| c.connects - c.reconnects >= come).await
    }

    /// The measured part: access ends one by one, and herds come. Says how often access ended for a
    /// while.
    async fn middle(&self, crowd: &RefCell<Crowd>) -> Result<u64> {
        let length = Duration::from_secs(self.options.seconds.into());
        let (over, changes) = (Cell::new(false), Cell::new(0));
        let main = async {
            let part =
                async { tokio::try_join!(self.herding(crowd, length), self.ending(crowd, length)) };
            let ended = tokio::select! {
                ended = part => ended.map(|_| ()),
                ended = self.options.outages.stdin_ended() => ended,
            };
            over.set(true);
            ended
        };
        let threads = self.threads as usize;
        let chains = self.access_turnover as usize;
        let turning = (0..chains).map(|chain| {
            let mine = (self.access_ends as usize..threads).skip(chain).step_by(chains);
            let (mine, over, changes) = (mine.collect::<Vec<_>>(), &over, &changes);
            // A contact and a member that each group has.
            async move { turn_over(crowd, &mine, &[0, CONTACTS], over, changes).await }
        });
        tokio::try_join!(main, try_join_all(turning))?;
        Ok(changes.get())
    }

    async fn herding(&self, crowd: &RefCell<Crowd>, length: Duration) -> Result<()> {
        for _ in 0..self.herds {
            tokio::time::sleep(length / (self.herds + 1)).await;
            for device in crowd.borrow().stage.devices.iter().flatten() {
                device.drop_connection();
            }
        }
        Ok(())
    }

    async fn ending(&self, crowd: &RefCell<Crowd>, length: Duration) -> Result<()> {
        let clock = crowd.borrow().stage.world.clock;
        let start = clock.now();
        let every = micros(length) / u64::from(self.access_ends + 1);
        for end in 0..self.access_ends {
            let due = Micros(start.0 + every * u64::from(end + 1));
            tokio::time::sleep_until(clock.instant(due).into()).await;
            end_access(crowd, end as usize).await?;
        }
        let end = Micros(start.0 + micros(length));
        tokio::time::sleep_until(clock.instant(end).into()).await;
        Ok(())
    }

    async fn ramp_down(&self, stage: &Stage) {
        stage.live.phase("ramp-down", 1);
        let devices: Vec<_> = stage.devices.iter().flatten().collect();
        let ramp = Duration::from_secs(self.ramp_down.into());
        let each = ramp / u32::try_from(devices.len().max(1)).unwrap_or(u32::MAX);
        let start = stage.world.clock.now();
        for (index, device) in devices.iter().enumerate() {
            device.stop();
            let due = Micros(start.0 + micros(each) * index as u64);
            tokio::time::sleep_until(stage.world.clock.instant(due).into()).await;
        }
    }

    fn about(&self, name: &'static str, measured: f64, sockets: &Sockets) -> About {
        let seconds = if self.options.outages.until_stdin_ends {
            measured
        } else {
            f64::from(self.options.seconds)
        };
        let deeds = real(sockets.talking) * self.rate * seconds;
        // Two in five deeds are messages: half of that, chance allowing, and never so few as to mean nothing.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small count"
        )]
        let acks = ((deeds * 0.2) as u64).max(100);
        let settings = [
            ("threads", self.threads.to_string()),
            ("deeds a second each", self.rate.to_string()),
            ("people who lose access", self.access_ends.to_string()),
            ("ramp-up", format!("{} s", self.ramp_up)),
            ("ramp-down", format!("{} s", self.ramp_down)),
            ("listeners", self.listeners.to_string()),
            ("herds", self.herds.to_string()),
        ];
        About {
            name,
            description: format!(
                "{} people in {} threads write, read, tick, type, look away, send things twice or \
                 wrongly, and lose the network; {} only listen; {} lose their access.",
                sockets.talking, self.threads, self.listeners, self.access_ends
            ),
            settings: settings.map(|(name, value)| (name.to_owned(), value)).into(),
            intended: Intended {
                seconds,
                connections: sockets.talking + u64::from(self.listeners) - sockets.leaving,
                acks,
                deliveries: acks,
                checked: true,
            },
        }
    }
}

/// How many sockets there will be.
struct Sockets {
    talking: u64,
    /// Those of people whose access ends, which are gone for the rest of the measured part.
    leaving: u64,
}

fn stage_sockets(conversations: &Conversations) -> Sockets {
    let threads = 0..conversations.threads as usize;
    let ends = u64::from(conversations.access_ends);
    let listening = (0..u64::from(conversations.listeners))
        .filter(|listener| listener % u64::from(conversations.threads) < ends)
        .count() as u64;
    Sockets {
        talking: threads.map(|group| people_of(group).len() as u64).sum(),
        leaving: ends + listening,
    }
}

/// Two to six people, contacts and members in turn.
fn people_of(group: usize) -> Vec<usize> {
    let pairs = (0..CONTACTS).flat_map(|index| [index, CONTACTS + index]);
    pairs.take(2 + group % 5).collect()
}
