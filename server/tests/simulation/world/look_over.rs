//! Nodes look over what is live there when they may have missed something, as often as the server's
//! real table says.

use crate::lie::Lie;
use crate::node::{Settling, Then};
use crate::world::{World, say};
use std::collections::BTreeSet;
use tidings_protocol::FirmId;
use tidings_server::lookover::Extent;
use tidings_storage::Epoch;

impl World {
    /// Looks over what is due, if anything is.
    pub(super) fn look_over(&mut self, node: usize) {
        let Some(turn) = self.nodes[node].due.take(self.now) else { return };
        if self.lie == Lie::NeverLookOver {
            return;
        }
        say!(self, "n{node} looks over what is live");
        self.trace.met("look-over");
        if self.is_store_away(10) {
            self.nodes[node].due.again(turn);
            return;
        }
        let among = match &turn.extent {
            Extent::All => None,
            Extent::Firms(firms) => Some(firms),
        };
        let mut firms = self.nodes[node].epochs.firms();
        firms.sort_unstable();
        firms.retain(|firm| among.is_none_or(|among| among.contains(firm)));
        let epochs = self.stored.reader.epochs(&firms).unwrap_or_default();
        self.settle_then(node, epochs, Then::Nothing);
        // Here rooms don't know their firms.
        let threads = self.nodes[node].hall.threads_of(None);
        let pulses = self.stored.reader.pulses(&threads).unwrap_or_default();
        let epochs = pulses.iter().map(|pulse| (pulse.firm, pulse.epoch)).collect();
        self.settle_then(node, epochs, Then::LookOver(pulses));
        if turn.feeds && self.lie != Lie::ForgetFeeds {
            let people: BTreeSet<_> = self.nodes[node]
                .connections
                .values()
                .filter_map(|connection| connection.actor().filter(|_| connection.entered))
                .filter(|actor| firms.contains(&actor.firm))
                .map(|actor| (actor.firm, actor.person))
                .collect();
            self.nodes[node].feed.anew.extend(people);
        }
    }

    /// What was read is handed on when those it is for know as much.
    pub(super) fn settle_then(&mut self, node: usize, epochs: Vec<(FirmId, Epoch)>, then: Then) {
        self.nodes[node].settling.push_back(Settling { epochs, then });
    }
}
