//! What a durable commit costs, by how many messages share it: permission, event, receipts, inbox
//! items and `fsync`, as the writer's thread does them. The folder's disk decides much of it.

use crate::office::Office;
use divan::Bencher;
use divan::counter::ItemsCount;

/// Long enough to bear its share of checkpoints.
#[divan::bench(args = [1, 25, 64, 1_024], min_time = 3)]
fn append(bencher: Bencher, batch: usize) {
    let (mut office, mut store) = Office::new();
    bencher
        .counter(ItemsCount::new(batch))
        .with_inputs(|| office.messages(batch))
        .bench_local_values(|messages| store.apply(messages));
}
