//! A room's share in a thread whose sockets are spread over nodes: who looks at it elsewhere, and
//! what the others were told of who looks at it here.

use super::{Outlet, Room};
use crate::rooms::looking::Looking;
use std::collections::BTreeSet;
use tidings_protocol::{FirmId, Person, limits};

/// What a room shares with other nodes. A node that is alone has none of it.
#[derive(Debug, Default)]
pub(super) struct Abroad {
    /// Whose thread it is, once somebody who may see it has joined.
    firm: Option<FirmId>,
    /// Who looks at it elsewhere.
    others: Looking,
    /// What other nodes were told last of who looks at it here.
    told: Looking,
}

impl<O: Outlet> Room<O> {
    /// There are other nodes, and this is who looks at the thread by them.
    pub fn looking_elsewhere(&mut self, others: Looking) {
        let abroad = self.abroad.get_or_insert_default();
        if abroad.others != others {
            abroad.others = others;
            self.presence_changed = true;
        }
    }

    /// Says whose thread it is: from now on other nodes are to be told who looks at it.
    pub fn belongs(&mut self, firm: FirmId) {
        self.abroad.get_or_insert_default().firm = Some(firm);
    }

    /// Whose thread it is, if other nodes are told of it.
    pub fn firm(&self) -> Option<FirmId> {
        self.abroad.as_ref()?.firm
    }

    /// Who is looking now, here and elsewhere, named if they are few.
    pub fn present(&self) -> Looking {
        let here = self.looking_here();
        match &self.abroad {
            Some(abroad) => here.and(&abroad.others),
            None => here,
        }
    }

    /// Who is looking now, if they are few enough to be named. Looks no further than that: in a
    /// room to which thousands come back, each of them asks.
    pub fn few_present(&self) -> Vec<Person> {
        let others = self.abroad.as_ref().map(|abroad| &abroad.others);
        if others.is_some_and(|others| !others.is_complete()) {
            return Vec::new();
        }
        let mut people: BTreeSet<Person> =
            others.map(|others| others.people.iter().copied().collect()).unwrap_or_default();
        for seated in self.seats.iter().filter(|seated| seated.looking) {
            people.insert(seated.person);
            if people.len() > limits::PRESENCE_PEOPLE_MAX {
                return Vec::new();
            }
        }
        people.into_iter().collect()
    }

    fn looking_here(&self) -> Looking {
        let looking = self.seats.iter().filter(|seated| seated.looking);
        Looking::of(looking.map(|seated| seated.person).collect())
    }

    /// Whether anybody looks at it here.
    pub fn is_looked_at(&self) -> bool {
        self.seats.iter().any(|seated| seated.looking)
    }

    /// Who looks here, for the other nodes, unless they were told the same last and it is not to be
    /// said again.
    pub fn tell_others(&mut self, again: bool) -> Option<Looking> {
        let here = self.looking_here();
        let abroad = self.abroad.as_mut()?;
        if abroad.told == here && !again {
            return None;
        }
        abroad.told.clone_from(&here);
        Some(here)
    }

    /// Of which firm's thread others believe that somebody looks at it here.
    pub fn believed(&self) -> Option<FirmId> {
        let abroad = self.abroad.as_ref().filter(|abroad| !abroad.told.is_empty())?;
        abroad.firm
    }
}
