//! The scheduler: one thing happens, chosen by chance among those that can.

use crate::invariant::Held;
use crate::node::{Connection, Node};
use crate::world::{World, say};
use tidings_server::socket::SocketId;

/// What can happen, and how often it is tried.
const ACTIONS: &[(Action, u32)] = &[
    (Action::Serve, 130),
    (Action::Carry, 150),
    (Action::Act, 150),
    (Action::Commit, 90),
    (Action::Dispatch, 90),
    (Action::Mail, 130),
    (Action::SendRound, 90),
    (Action::JoinStep, 40),
    (Action::ReadForRooms, 40),
    (Action::TickRooms, 30),
    (Action::Feed, 25),
    (Action::TickSessions, 20),
    (Action::Bus, 90),
    (Action::Reap, 40),
    (Action::Connect, 60),
    (Action::HangUp, 8),
    (Action::Stall, 6),
    (Action::ChangeAccess, 12),
    (Action::Flood, 3),
    (Action::Crash, 2),
    (Action::Stop, 2),
    (Action::Restart, 10),
    (Action::TurnBus, 3),
    (Action::LookOver, 25),
    (Action::Settle, 90),
    (Action::Admit, 150),
    (Action::Notify, 50),
    (Action::Jump, 3),
    (Action::Days, 4),
    (Action::Leap, 10),
    (Action::Audit, 10),
];

#[derive(Clone, Copy, Debug)]
enum Action {
    Serve,
    Carry,
    Act,
    Commit,
    Dispatch,
    Mail,
    SendRound,
    JoinStep,
    ReadForRooms,
    TickRooms,
    Feed,
    TickSessions,
    Bus,
    Reap,
    Connect,
    HangUp,
    Stall,
    ChangeAccess,
    Flood,
    Crash,
    Stop,
    Restart,
    TurnBus,
    LookOver,
    Settle,
    Admit,
    Notify,
    Jump,
    Days,
    Leap,
    Audit,
}

impl World {
    /// Lets one thing happen.
    pub(super) fn step(&mut self) -> Held {
        let passes = self.chance.between(0, 40);
        self.pass(passes);
        let total: u32 = ACTIONS.iter().map(|(_, weight)| weight).sum();
        // There is always something: at the least, time may leap.
        loop {
            let mut at = u32::try_from(self.chance.below(total as usize)).unwrap_or(0);
            for (action, weight) in ACTIONS {
                if at < *weight {
                    if self.attempt(*action)? {
                        return Ok(());
                    }
                    break;
                }
                at -= weight;
            }
        }
    }

    /// Does it if it can be done.
    fn attempt(&mut self, action: Action) -> Held<bool> {
        match action {
            Action::Serve | Action::JoinStep | Action::Admit | Action::Reap => {
                self.at_a_connection(action)
            }
            Action::Carry | Action::Act | Action::Connect | Action::HangUp | Action::Stall => {
                self.at_a_device(action)
            }
            Action::Bus if self.bus.is_idle() => Ok(false),
            Action::Bus => {
                self.bus_arrives();
                Ok(true)
            }
            Action::TurnBus if self.nodes.len() > 1 => {
                self.turn_bus();
                Ok(true)
            }
            Action::TurnBus => Ok(false),
            Action::Jump => {
                self.jump();
                Ok(true)
            }
            Action::Days => {
                self.jump_days();
                Ok(true)
            }
            Action::Leap => {
                let millis = self.chance.between(500, 9_000);
                self.pass(millis);
                say!(self, "{millis} ms pass");
                (0..self.nodes.len()).for_each(|node| self.tick_sessions(node));
                Ok(true)
            }
            Action::Audit => {
                let device = self.chance.below(self.devices.len());
                self.audit(self.devices[device].actor)?;
                Ok(true)
            }
            _ => self.at_a_node(action),
        }
    }

    fn at_a_node(&mut self, action: Action) -> Held<bool> {
        let can = |node: &Node| {
            node.down == matches!(action, Action::Restart)
                && match action {
                    Action::Commit => !node.pending.is_empty(),
                    Action::Dispatch => !node.batches.is_empty(),
                    Action::Mail => !node.mail.is_empty(),
                    Action::SendRound => node.hall.has_work(),
                    Action::ReadForRooms => !node.wanted.is_empty(),
                    Action::TickRooms => !node.hall.is_empty(),
                    Action::LookOver => node.due.next(self.now) <= self.now,
                    Action::Settle => !node.settling.is_empty(),
                    Action::Feed => node.feed_can_read(),
                    Action::TickSessions => !node.connections.is_empty(),
                    _ => true,
                }
        };
        let nodes: Vec<usize> =
            (0..self.nodes.len()).filter(|node| can(&self.nodes[*node])).collect();
        let Some(node) = self.chance.pick(&nodes) else { return Ok(false) };
        match action {
            Action::Commit => self.commit(node)?,
            Action::Dispatch => self.dispatch(node),
            Action::Mail => {
                let waiting = self.nodes[node].mail.len();
                let count = if self.chance.percent(60) { 1 } else { waiting };
                (0..count).for_each(|_| self.take_mail(node));
            }
            Action::SendRound => {
                let queued = self.nodes[node].hall.send_round();
                say!(self, "n{node} rooms send {queued}");
            }
            Action::ReadForRooms => self.read_for_rooms(node),
            Action::TickRooms => self.tick_rooms(node),
            Action::Feed => self.read_feed(node),
            Action::TickSessions => self.tick_sessions(node),
            Action::ChangeAccess => self.change_access(node),
            Action::Flood => self.flood(node),
            Action::Crash => self.crash(node)?,
            Action::Stop => self.stop(node)?,
            Action::Restart => self.restart(node),
            Action::LookOver => self.look_over(node),
            Action::Settle => self.settle(node),
            Action::Notify => return self.notify(node),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn at_a_connection(&mut self, action: Action) -> Held<bool> {
        let in_flight = self.settings.commands_in_flight;
        let can = |connection: &Connection| match action {
            Action::Serve => connection.can_serve(in_flight),
            Action::JoinStep => connection.join_goes_on(),
            Action::Admit => connection.entering.is_some(),
            _ => connection.is_over(),
        };
        let mut found: Vec<(usize, SocketId)> = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let able = node.connections.iter().filter(|(_, connection)| can(connection));
            found.extend(able.map(|(socket, _)| (index, *socket)));
        }
        let Some((node, socket)) = self.chance.pick(&found) else { return Ok(false) };
        match action {
            Action::Serve => self.serve(node, socket)?,
            Action::JoinStep => self.join_step(node, socket)?,
            Action::Admit => self.admit_step(node, socket)?,
            _ => self.reap(node, socket),
        }
        Ok(true)
    }

    fn at_a_device(&mut self, action: Action) -> Held<bool> {
        let can = |device: usize| {
            let link = self.devices[device].link.as_ref();
            match action {
                Action::Carry => self.has_bytes(device),
                Action::Act => link.is_some_and(|link| link.welcomed),
                Action::Connect => link.is_none(),
                _ => link.is_some(),
            }
        };
        let devices: Vec<usize> = (0..self.devices.len()).filter(|device| can(*device)).collect();
        let Some(device) = self.chance.pick(&devices) else { return Ok(false) };
        match action {
            Action::Carry => {
                let some = if self.chance.percent(30) { 200 } else { usize::MAX };
                self.carry(device, some)?;
            }
            Action::Act => self.act(device),
            Action::Connect => {
                let up: Vec<usize> =
                    (0..self.nodes.len()).filter(|node| !self.nodes[*node].down).collect();
                let Some(node) = self.chance.pick(&up) else { return Ok(false) };
                self.connect(device, node);
            }
            Action::HangUp => {
                say!(self, "d{device} vanishes");
                self.hang_up(device, true);
            }
            _ => {
                let stalled = &mut self.devices[device].stalled;
                *stalled = !*stalled;
                let stalled = *stalled;
                say!(self, "d{device} stalled: {stalled}");
            }
        }
        Ok(true)
    }
}

impl Connection {
    /// Whether the next thing that came in can be handled.
    pub(crate) fn can_serve(&self, in_flight: usize) -> bool {
        let busy = self.joining.is_some() || self.entering.is_some() || self.at_work >= in_flight;
        !self.arrived.is_empty() && !busy && !self.deaf
    }
}
