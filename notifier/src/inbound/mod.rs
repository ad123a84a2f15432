//! Answers by email.
