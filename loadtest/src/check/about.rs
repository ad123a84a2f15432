//! One thing that should not have happened, and where to look for it.

use crate::check::Kind;
use std::fmt;
use tidings_protocol::{ClientKey, Person, Seq, ThreadId};

/// What is needed to find a violation in logs and stores; what does not apply is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// In which thread.
    pub thread: Option<ThreadId>,
    /// At which event; the first, if there are several.
    pub seq: Option<Seq>,
    /// Whose.
    pub person: Option<Person>,
    /// On which of the run's devices.
    pub device: Option<u32>,
    /// Which message.
    pub key: Option<ClientKey>,
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What sort of.
    pub kind: Kind,
    /// Where.
    pub about: About,
    /// What happened, in words.
    pub sentence: String,
}

impl About {
    pub(super) fn at(self, seq: Seq) -> Self {
        Self { seq: Some(seq), ..self }
    }

    pub(super) fn person(self, person: Person) -> Self {
        Self { person: Some(person), ..self }
    }

    pub(super) fn key(self, key: Option<ClientKey>) -> Self {
        Self { key, ..self }
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        let mut part = |name: &str, value: Option<&dyn fmt::Display>| match value {
            Some(value) => {
                write!(f, "{between}{name}{value}")?;
                between = ", ";
                Ok(())
            }
            None => Ok(()),
        };
        part("thread ", self.thread.as_ref().map(|it| it as _))?;
        part("event ", self.seq.as_ref().map(|it| it as _))?;
        part("", self.person.as_ref().map(|it| it as _))?;
        part("device ", self.device.as_ref().map(|it| it as _))?;
        part("key ", self.key.as_ref().map(|it| it as _))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.kind.name(), self.sentence, self.about)
    }
}
