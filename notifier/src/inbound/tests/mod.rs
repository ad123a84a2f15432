//! The listener as a mail server meets it: over TCP, with somebody else in the place of the store.

mod conversation;
mod hostile;
mod house;
mod machines;
mod stored;
