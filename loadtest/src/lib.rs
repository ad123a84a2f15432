//! A load tester for Tidings: thousands of clients that behave like people and devices. It
//! measures, and it proves that nothing was lost.

pub mod check;
pub mod record;
pub mod report;
