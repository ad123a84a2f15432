//! Whole mails of every sort, read by a parser that did not write them and held against the
//! standards they claim to follow.

mod checks;
mod hostile;
mod samples;
mod says;
mod standards;
