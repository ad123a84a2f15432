//! Which node of a Redis Cluster a channel belongs to.

use redis::{FromRedisValue, Value};
use std::collections::BTreeMap;

/// Slots of every cluster.
const SLOTS: u16 = 16_384;

/// Nodes of a cluster that we connect to at most. Redis itself advises against more than 1,000.
const NODES_MAX: usize = 1_000;

/// Where a node is.
pub(super) type Address = (String, u16);

/// For each range of slots, its node: by its last slot.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Slots {
    ranges: BTreeMap<u16, Range>,
}

#[derive(Debug, PartialEq, Eq)]
struct Range {
    first: u16,
    node: usize,
}

impl Slots {
    /// All of them are one node's.
    pub(super) fn of_one() -> Self {
        Self { ranges: [(SLOTS - 1, Range { first: 0, node: 0 })].into() }
    }

    /// What a node that was asked at `asked` answers to `CLUSTER SLOTS`: which node has what, and
    /// where they are. `None` if that is no such answer.
    pub(super) fn read(answer: Value, asked: &str) -> Option<(Self, Vec<Address>)> {
        let (mut slots, mut nodes) = (Self::default(), Vec::<Address>::new());
        for range in Vec::<Vec<Value>>::from_redis_value(answer).ok()? {
            let mut range = range.into_iter();
            let first = u16::from_redis_value(range.next()?).ok()?;
            let last = u16::from_redis_value(range.next()?).ok()?;
            // The primary comes first. A node that does not know its own address sends none.
            let mut primary = Vec::<Value>::from_redis_value(range.next()?).ok()?.into_iter();
            let host = Option::<String>::from_redis_value(primary.next()?).ok()?;
            let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| asked.to_owned());
            let address = (host, u16::from_redis_value(primary.next()?).ok()?);
            let known = nodes.iter().position(|node| *node == address);
            let node = known.unwrap_or_else(|| {
                nodes.push(address);
                nodes.len() - 1
            });
            slots.ranges.insert(last, Range { first, node });
        }
        (1..=NODES_MAX).contains(&nodes.len()).then_some((slots, nodes))
    }

    /// The node of a channel; `None` while nobody has it.
    pub(super) fn node(&self, channel: &str) -> Option<usize> {
        let slot = slot(channel.as_bytes());
        let (_, range) = self.ranges.range(slot..).next()?;
        (range.first <= slot).then_some(range.node)
    }
}

/// The slot of a channel, as Redis says it: of what stands in its first braces, if anything does.
fn slot(channel: &[u8]) -> u16 {
    let find = |bytes: &[u8], byte| bytes.iter().position(|b| *b == byte);
    let tag = find(channel, b'{').map(|at| &channel[at + 1..]);
    let tag = tag.and_then(|rest| find(rest, b'}').filter(|end| *end > 0).map(|end| &rest[..end]));
    crc16(tag.unwrap_or(channel)) % SLOTS
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        // From the specification and from `CLUSTER KEYSLOT`.
        assert_eq!(slot(b"somekey"), 11_058);
        assert_eq!(slot(b"foo{hash_tag}"), slot(b"hash_tag"));
        assert_eq!(slot(b"foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
    }

    fn range(first: i64, last: i64, host: Value, port: i64) -> Value {
        let node = vec![host, Value::Int(port), Value::SimpleString("id".to_owned())];
        Value::Array(vec![Value::Int(first), Value::Int(last), Value::Array(node)])
    }

    fn host(name: &str) -> Value {
        Value::BulkString(name.into())
    }

    #[test]
    fn the_answer_of_a_node_says_where_channels_are() {
        let answer = Value::Array(vec![
            range(12_000, 16_383, host("b"), 2),
            range(0, 5_000, Value::Nil, 1),
            range(5_001, 10_000, host("b"), 2),
        ]);
        let (slots, nodes) = Slots::read(answer, "a").unwrap();
        assert_eq!(nodes, [("b".to_owned(), 2), ("a".to_owned(), 1)]);
        let channel_of = |from: u16, to: u16| {
            (0..100_000)
                .map(|n| format!("c{n}"))
                .find(|c| (from..=to).contains(&slot(c.as_bytes())))
        };
        for (from, to, node) in [
            (0, 5_000, Some(1)),
            (5_001, 10_000, Some(0)),
            (10_001, 11_999, None),
            (12_000, 16_383, Some(0)),
        ] {
            assert_eq!(slots.node(&channel_of(from, to).unwrap()), node, "{from}");
        }
        assert_eq!(Slots::of_one().node("anything"), Some(0));
    }

    #[test]
    fn what_is_no_such_answer_is_not_taken_for_one() {
        for answer in [Value::Nil, Value::Int(1), Value::Array(vec![Value::Array(vec![])])] {
            assert_eq!(Slots::read(answer, "a"), None);
        }
    }
}
