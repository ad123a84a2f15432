//! What every scenario goes through: people are made, devices connect and join, something happens,
//! everything comes to rest, all is read back and checked, and a report is written.

use crate::cast::{Cast, FIRST_BODY, FIRST_SEQ, Plan, populate};
use crate::client::device::NewDevice;
use crate::client::{Device, Route, message};
use crate::machine::{self, Cpu, Watched};
use crate::meter::{Counts, Timeline, real, seconds};
use crate::options::Options;
use crate::readback::read_back;
use crate::record::{Micros, PersonIx, ThreadIx};
use crate::report::{Figure, Live};
use crate::target::Target;
use crate::world::World;
use anyhow::Result;
use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;
use tidings_protocol::{AccountId, Person, Seq, TaskId, ThreadId};
use tokio::task::JoinHandle;

/// Sockets being opened, or threads being joined, at a time: less than a server's listen backlog.
const OPENING: u64 = 64;

/// So many must be done in this time.
const OPENING_TIME: Duration = Duration::from_mins(1);

/// Presence and receipts of everybody's joining go out before anything is measured.
const SETTLE: Duration = Duration::from_secs(1);

/// What is waited for must be there in this time.
pub(super) const REST_TIME: Duration = Duration::from_secs(30);

/// Nothing is under way when nothing has come for so long.
const QUIET: Duration = Duration::from_millis(400);

/// The same in a run in which others break things: what a node was not told of, it looks for a while
/// later.
const QUIET_AFTER_OUTAGES: Duration = Duration::from_secs(4);

/// The length of a slice of the timeline.
const SLICE: Duration = Duration::from_secs(1);

/// Devices that watch receipts: to remember everybody's in a large thread takes memory.
const RECEIPT_WATCHERS: usize = 500;

/// Some people and their threads, as the record names them.
pub(super) struct Circle {
    /// Who, with a token.
    pub(super) people: Vec<(PersonIx, Person, String)>,
    /// Where.
    pub(super) threads: Vec<Place>,
    /// What they are around.
    pub(super) account: AccountId,
}

/// A thread, as the record names it.
#[derive(Clone)]
pub(super) struct Place {
    /// In the protocol's words.
    pub(super) id: ThreadId,
    /// In the record's.
    pub(super) thread: ThreadIx,
    /// Its tasks.
    pub(super) tasks: Vec<TaskId>,
}

/// A run under way.
pub(super) struct Stage {
    /// The options of the command line.
    pub(super) options: Options,
    /// What everybody shares.
    pub(super) world: Rc<World>,
    /// What is under load.
    pub(super) target: Target,
    /// The people, group by group.
    pub(super) circles: Vec<Circle>,
    /// The devices, group by group.
    pub(super) devices: Vec<Vec<Rc<Device>>>,
    /// Figures of this scenario alone.
    pub(super) figures: Vec<Figure>,
    pub(super) live: Rc<Live>,
    pub(super) cast: Cast,
    pub(super) timeline: Rc<RefCell<Timeline>>,
    pub(super) measured: Option<Measured>,
    sources: Rc<[IpAddr]>,
    started: usize,
    ticker: JoinHandle<()>,
}

/// The measured part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    from: Micros,
    pub(super) until: Micros,
    before: Counts,
    pub(super) counts: Counts,
    server: Option<Cpu>,
    tester: Cpu,
    pub(super) server_used: Option<Cpu>,
    pub(super) server_resident_kib: Option<u64>,
    pub(super) tester_used: Cpu,
}

impl Measured {
    pub(super) fn seconds(&self) -> f64 {
        seconds(self.until.0 - self.from.0)
    }
}

impl Stage {
    /// Starts a server if none is named, and makes the people.
    pub(super) async fn open(options: &Options, plan: Plan) -> Result<Self> {
        let target = options.open_target().await?;
        let live = Rc::new(Live::new(!options.quiet));
        live.phase("making people", 1);
        let cast = populate(&target.api, plan).await?;
        let world = World::new(target.api.clone(), options.manners());
        let circles = enroll(&world, &cast);
        let timeline = Timeline::begin(world.clock.now(), world.counts(), target.watched)?;
        let timeline = Rc::new(RefCell::new(timeline));
        let ticker = tokio::task::spawn_local(tick(
            Rc::clone(&world),
            Rc::clone(&timeline),
            Rc::clone(&live),
        ));
        Ok(Self {
            options: options.clone(),
            sources: options.sources(&target.nodes),
            devices: circles.iter().map(|_| Vec::new()).collect(),
            world,
            target,
            circles,
            figures: Vec::new(),
            live,
            cast,
            timeline,
            measured: None,
            started: 0,
            ticker,
        })
    }

    /// Starts one more device of a person of a group; it connects by itself. One that will read slowly
    /// has a small buffer in the kernel, and no say in latencies.
    pub(super) fn start_device(&mut self, group: usize, person: usize, slow: bool) -> Rc<Device> {
        let index = self.started;
        self.started += 1;
        let (ix, who, token) = self.circles[group].people[person].clone();
        let route = Route {
            path: "/v1/ws".to_owned(),
            encoding: self.options.encoding_of(index),
            sources: Rc::clone(&self.sources),
            slow,
            silence: self.options.outages.silence(),
        };
        let device = Device::start(
            &self.world,
            NewDevice {
                index: u32::try_from(index).unwrap_or(u32::MAX),
                person: ix,
                who,
                token,
                nodes: Rc::clone(&self.target.nodes),
                route,
                watches_receipts: index < RECEIPT_WATCHERS,
            },
        );
        self.devices[group].push(Rc::clone(&device));
        device
    }

    /// Connects so many devices in each group, its people in turn, a few at a time.
    pub(super) async fn connect(&mut self, devices_per_group: usize) -> Result<()> {
        let all = (self.circles.len() * devices_per_group) as u64;
        self.live.phase("connecting", all);
        let before = self.world.counts().connects;
        let mut started = 0;
        for group in 0..self.circles.len() {
            for index in 0..devices_per_group {
                let person = index % self.circles[group].people.len();
                self.start_device(group, person, false);
                started += 1;
                let enough = (before + started).saturating_sub(OPENING);
                self.world.wait("connections", OPENING_TIME, |c| c.connects >= enough).await?;
                self.live.position(started);
            }
        }
        self.world.wait("connections", OPENING_TIME, |c| c.connects >= before + all).await
    }

    /// Every device joins the first thread of its group, as one that has nothing yet.
    pub(super) async fn join(&self) -> Result<()> {
        let all: u64 = self.devices.iter().map(|devices| devices.len() as u64).sum();
        self.live.phase("joining", all);
        let mut asked = self.world.counts().joined;
        for (circle, devices) in self.circles.iter().zip(&self.devices) {
            for device in devices {
                device.join(circle.threads[0].id, circle.threads[0].thread, None);
                asked += 1;
                let enough = asked.saturating_sub(OPENING);
                self.world.wait("joins", OPENING_TIME, |c| c.joined >= enough).await?;
                self.live.position(asked);
            }
        }
        self.world.wait("joins", OPENING_TIME, |c| c.joined >= asked).await?;
        self.live.phase("settling", 1);
        tokio::time::sleep(SETTLE).await;
        Ok(())
    }

    /// Starts the server again, if it was started for the run: what follows is measured with the
    /// memory of a new process, without that of making people and logs.
    pub(super) async fn start_afresh(&mut self) -> Result<()> {
        let Some(server) = &mut self.target.server else { return Ok(()) };
        server.restart().await?;
        self.target.watched = Some(Watched::new(server.pid())?);
        self.timeline.borrow_mut().watch(self.target.watched)
    }

    /// From now on, what is due in the next seconds is measured.
    pub(super) fn begin_measuring(&mut self, seconds: u32) -> Result<()> {
        self.live.phase_of_seconds("measuring", seconds.into());
        // What belongs to the measured part and what does not is in slices of its own.
        cut(&self.world, &self.timeline, &self.live);
        let now = self.world.clock.now();
        let end = Micros(now.0 + u64::from(seconds) * 1_000_000);
        {
            let mut meter = self.world.meter();
            meter.measured.clear();
            meter.measure(now, end);
        }
        let counts = self.world.counts();
        let tester = Watched::own()?.cpu()?;
        let server = self.target.watched.map(|server| server.cpu()).transpose()?;
        self.measured = Some(Measured {
            from: now,
            until: now,
            before: counts,
            counts,
            server,
            tester,
            server_used: None,
            server_resident_kib: None,
            tester_used: Cpu::default(),
        });
        Ok(())
    }

    /// Ends the measured part: the counts and CPU seconds since it began are those of it.
    pub(super) fn end_measuring(&mut self) -> Result<()> {
        cut(&self.world, &self.timeline, &self.live);
        let Some(measured) = &mut self.measured else { return Ok(()) };
        self.world.meter().measure_no_longer(self.world.clock.now());
        measured.until = self.world.clock.now();
        measured.counts = self.world.counts() - measured.before;
        measured.tester_used = Watched::own()?.cpu()?.since(measured.tester);
        if let (Some(server), Some(before)) = (self.target.watched, measured.server) {
            measured.server_used = server.cpu().ok().map(|cpu| cpu.since(before));
            measured.server_resident_kib = server.resident_kib().ok();
        }
        Ok(())
    }

    /// CPU seconds that the server has used in the measured part.
    pub(super) fn server_cpu_s(&self) -> Option<f64> {
        Some(self.measured?.server_used?.total_s())
    }

    /// Counts of the measured part.
    pub(super) fn measured_counts(&self) -> Counts {
        self.measured.map(|measured| measured.counts).unwrap_or_default()
    }

    /// Length of the measured part.
    pub(super) fn measured_seconds(&self) -> f64 {
        self.measured.map_or(0.0, |measured| measured.seconds())
    }

    /// Adds a figure of this scenario.
    pub(super) fn figure(&mut self, name: &str, value: f64, unit: &str) {
        self.figures.push(Figure { name: name.to_owned(), value, unit: unit.to_owned() });
    }

    /// Waits until nothing is under way any more. What does not come to rest is a failure, and what
    /// is missing then is found by the checker.
    pub(super) async fn rest(&self) {
        self.live.phase("coming to rest", 1);
        let limit = self.options.outages.settling_time();
        let least = if self.world.manners.outages { QUIET_AFTER_OUTAGES } else { QUIET };
        let start = self.world.clock.now();
        let (mut heard, mut since) = (0, start);
        loop {
            let now = self.world.clock.now();
            let counts = self.world.counts();
            let sum = counts.delivered + counts.acked + counts.other_frames + counts.commands;
            if sum != heard {
                (heard, since) = (sum, now);
            }
            let at_rest = || self.devices.iter().flatten().all(|device| device.is_at_rest());
            let quiet = now.0 - since.0 > micros(least);
            if quiet && at_rest() {
                return;
            }
            if now.0 - start.0 > micros(limit) {
                let up =
                    self.devices.iter().flatten().filter(|device| !device.is_at_rest()).count();
                let what = format!("{up} devices did not come to rest within {limit:?}");
                return self.world.fail(what);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Writes down who is joined, and reads everything back.
    pub(super) async fn read_back(&self) -> Result<()> {
        self.live.phase("reading everything back", 1);
        for device in self.devices.iter().flatten() {
            device.record_end();
            let ended = self.world.recorder().has_ended(device.person());
            if ended && device.is_up() && device.is_dismissed() {
                self.world.fail("a connection is open whose person's access has ended".to_owned());
            }
        }
        read_back(&self.world, self.cast.owner).await
    }

    /// Ends the slices, and gives back the started server's complaints.
    pub(super) fn end(&mut self) -> Option<String> {
        self.ticker.abort();
        for device in self.devices.iter().flatten() {
            device.stop();
        }
        self.live.finish();
        let log = self.target.server.as_ref().map(crate::target::Server::log)?;
        (!log.is_empty()).then_some(log)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.ticker.abort();
    }
}

/// Enters people and threads into the record.
fn enroll(world: &World, cast: &Cast) -> Vec<Circle> {
    let mut recorder = world.recorder();
    let owner = recorder.person(Person::Member(cast.owner));
    let circles = cast.groups.iter().map(|group| {
        let people: Vec<_> = group
            .people
            .iter()
            .map(|(person, token)| (recorder.person(*person), *person, token.clone()))
            .collect();
        let mut seen_by: Vec<PersonIx> = people.iter().map(|(ix, ..)| *ix).collect();
        seen_by.push(owner);
        let threads = group.threads.iter().map(|started| {
            let thread = recorder.thread(started.thread, seen_by.clone());
            let body = message::hash(FIRST_BODY);
            let post = recorder.post(owner, thread, started.key, body, Micros(0));
            recorder.acked(post, FIRST_SEQ);
            Place { id: started.thread, thread, tasks: started.tasks.clone() }
        });
        Circle { threads: threads.collect(), people, account: group.account }
    });
    circles.collect()
}

/// Cuts the timeline into slices, for as long as the run goes on.
async fn tick(world: Rc<World>, timeline: Rc<RefCell<Timeline>>, live: Rc<Live>) {
    let mut interval = tokio::time::interval_at((machine::now() + SLICE).into(), SLICE);
    loop {
        interval.tick().await;
        cut(&world, &timeline, &live);
    }
}

/// Ends a slice.
fn cut(world: &World, timeline: &RefCell<Timeline>, live: &Live) {
    let now = world.clock.now();
    let (mut meter, mut timeline) = (world.meter(), timeline.borrow_mut());
    let middle = Micros(u64::midpoint(timeline.last_cut().0, now.0));
    let measured = meter.is_measured(middle);
    if let Ok(slice) = timeline.cut(now, world.counts(), &meter.slice, measured) {
        live.figures(slice);
    }
    meter.slice.clear();
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A count per something.
pub(super) fn per(count: u64, of: f64) -> f64 {
    if of > 0.0 { real(count) / of } else { 0.0 }
}

/// Whether a device has everything up to a position of its first thread.
pub(super) fn has(device: &Device, head: Seq) -> bool {
    device.last(0).is_some_and(|last| last >= head)
}
