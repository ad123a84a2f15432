//! Access that ends: of some for good, of others for a while, over and over. From the moment that
//! the server confirms it, nothing that is posted later may reach them, whatever is broken then.

use crate::record::{Micros, PersonIx};
use crate::scenario::life::Life;
use crate::scenario::stage::{Stage, micros};
use crate::world::World;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tidings_protocol::{AccountId, Contact, ContactState, Person};
use tokio::task::JoinHandle;

/// How long somebody has no access, at the least and at the most.
const AWAY_MIN: Duration = Duration::from_millis(300);
const AWAY_MAX: Duration = Duration::from_secs(4);

/// Between two changes of one chain of them.
const PAUSE: Duration = Duration::from_millis(500);

/// A change that had to be tried again may have been done by an attempt that was given up, or may
/// still be: later than this none is.
const STRAGGLER: Duration = Duration::from_secs(12);

/// The stage, with the lives that people on it lead.
pub(super) struct Crowd {
    pub(super) stage: Stage,
    pub(super) lives: Vec<JoinHandle<()>>,
    /// Deeds a second of each.
    pub(super) rate: f64,
}

impl Crowd {
    /// A person of a group comes, with a device, and joins the group's thread.
    pub(super) fn comes(&mut self, group: usize, person: usize) {
        let stage = &mut self.stage;
        let device = stage.start_device(group, person, false);
        let place = stage.circles[group].threads[0].clone();
        device.join(place.id, place.thread, None);
        let stranger = stage.circles[(group + 1) % stage.circles.len()].threads[0].id;
        let (world, rate) = (Rc::clone(&stage.world), self.rate);
        let life = Life { world, device, place, stranger, rate };
        self.lives.push(tokio::task::spawn_local(life.live(Micros(u64::MAX / 2))));
    }

    /// The same once more, with a new token.
    fn returns(&mut self, group: usize, person: usize, token: String) {
        self.stage.circles[group].people[person].2 = token;
        self.comes(group, person);
    }

    /// Whose access changes.
    fn changing(&self, group: usize, person: usize) -> Changing {
        let circle = &self.stage.circles[group];
        let (ix, who, _) = circle.people[person];
        let world = Rc::clone(&self.stage.world);
        Changing { world, account: circle.account, ix, who }
    }

    fn dismiss(&self, group: usize, person: PersonIx) {
        let devices = self.stage.devices[group].iter();
        devices.filter(|device| device.person() == person).for_each(|device| device.dismiss());
    }
}

/// Somebody of a group may see nothing any more, for good.
pub(super) async fn end_access(crowd: &RefCell<Crowd>, group: usize) -> Result<()> {
    let changing = crowd.borrow().changing(group, 0);
    crowd.borrow().dismiss(group, changing.ix);
    changing.ends().await?;
    Ok(())
}

/// One after another of these groups' people loses access and gets it back, until it is over. A
/// change under way is brought to its end.
pub(super) async fn turn_over(
    crowd: &RefCell<Crowd>,
    groups: &[usize],
    people: &[usize],
    over: &Cell<bool>,
    changes: &Cell<u64>,
) -> Result<()> {
    while !over.get() {
        tokio::time::sleep(PAUSE).await;
        let (Some(group), Some(person)) = (fastrand::choice(groups), fastrand::choice(people))
        else {
            return Ok(());
        };
        let changing = crowd.borrow().changing(*group, *person);
        crowd.borrow().dismiss(*group, changing.ix);
        let tries = changing.ends().await?;
        let away = fastrand::u64(micros(AWAY_MIN)..micros(AWAY_MAX));
        tokio::time::sleep(Duration::from_micros(away)).await;
        straggler(tries).await;
        let (token, tries) = changing.returns().await?;
        crowd.borrow_mut().returns(*group, *person, token);
        changes.set(changes.get() + 1);
        if !over.get() {
            straggler(tries).await;
        }
    }
    Ok(())
}

async fn straggler(tries: u32) {
    if tries > 1 {
        tokio::time::sleep(STRAGGLER).await;
    }
}

/// Somebody whose access changes.
struct Changing {
    world: Rc<World>,
    account: AccountId,
    ix: PersonIx,
    who: Person,
}

impl Changing {
    /// Ends it: it has ended from the moment that the server confirms it. Says in how many tries.
    async fn ends(&self) -> Result<u32> {
        self.world.recorder().access_ends(self.ix);
        let tries = self.set(false).await.context("ending somebody's access")?;
        self.world.recorder().access_ended(self.ix, self.world.clock.now());
        Ok(tries)
    }

    /// Gives it back, with a new token.
    async fn returns(&self) -> Result<(String, u32)> {
        self.world.recorder().access_returns(self.ix, self.world.clock.now());
        let tries = self.set(true).await.context("giving somebody's access back")?;
        Ok((self.world.token_of(self.who).await?, tries))
    }

    async fn set(&self, access: bool) -> Result<u32> {
        let change = async |api: &mut crate::cast::Connection| -> Result<()> {
            match self.who {
                Person::Contact(contact) => {
                    let state = if access { ContactState::Active } else { ContactState::None };
                    let path = format!("/v1/contacts/{contact}");
                    let _: Contact = api.patch(&path, &json!({ "state": state })).await?;
                }
                Person::Member(member) => {
                    let method = if access { "PUT" } else { "DELETE" };
                    let path = format!("/v1/accounts/{}/members/{member}", self.account);
                    let (status, _) = api.request(method, &path, "").await?;
                    ensure!(status == 204, "{method} {path} answered {status}");
                }
            }
            Ok(())
        };
        self.world.over_http(change).await.map(|((), tries)| tries)
    }
}
