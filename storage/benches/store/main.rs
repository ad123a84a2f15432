//! What the SQLite store costs on a real disk: to `append`, and to `catch_up`.

mod append;
mod catch_up;
mod office;

use std::time::Duration;

fn main() {
    divan::Divan::default().min_time(Duration::from_millis(500)).config_with_args().main();
}
