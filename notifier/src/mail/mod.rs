//! A letter as an email.
