//! The program `tidings-loadtest`.

fn main() {}
