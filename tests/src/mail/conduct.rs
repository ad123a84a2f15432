//! What a [`MailSink`](super::MailSink) does with a mail.

/// Where in a conversation something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// In place of the greeting.
    Greeting,
    /// In answer to `EHLO`.
    Hello,
    /// In answer to `MAIL FROM`.
    Sender,
    /// In answer to `RCPT TO`.
    Recipient,
    /// In answer to `DATA`.
    Data,
    /// In answer to the final dot.
    Content,
}

/// What is done with a mail, and with the connection it comes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Takes it.
    Accept,
    /// Says this at a stage, and goes on: `451 4.3.0 not now`. The mail is not kept, whatever is said.
    Answer(Stage, String),
    /// Says nothing more, for ever.
    Hang(Stage),
    /// Closes the connection without an answer.
    Drop(Stage),
    /// Keeps the mail, and closes the connection after the final dot without an answer: its sender
    /// cannot know.
    KeepAndDrop,
    /// Keeps the mail, and says nothing more after the final dot.
    KeepAndHang,
}

impl Conduct {
    /// Does not know the reader.
    pub fn unknown() -> Self {
        Self::Answer(Stage::Recipient, "550 5.1.1 no such user".to_owned())
    }

    /// Asks to come back.
    pub fn busy() -> Self {
        Self::Answer(Stage::Recipient, "451 4.7.1 come back later".to_owned())
    }

    /// Where it differs from taking the mail.
    pub(super) fn stage(&self) -> Stage {
        match self {
            Self::Answer(stage, _) | Self::Hang(stage) | Self::Drop(stage) => *stage,
            Self::Accept | Self::KeepAndDrop | Self::KeepAndHang => Stage::Content,
        }
    }
}
