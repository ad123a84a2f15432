//! Why the server closes a connection: one table of code, text and whether to come back. The same
//! table is printed in the protocol document.

/// What a client does after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// Connect again, backing off with full jitter, and resume.
    Yes,
    /// Get a new token first, then connect again.
    WithNewToken,
    /// Don't: the same would happen again.
    No,
}

macro_rules! close_codes {
    ($($(#[$doc:meta])* $variant:ident, $code:literal, $reconnect:ident, $text:literal;)*) => {
        /// Why a connection was closed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CloseCode { $($(#[$doc])* $variant,)* }

        impl CloseCode {
            /// Every code, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The number in the close frame (RFC 6455, 7.4; 4000 and up are ours).
            pub fn code(self) -> u16 {
                match self { $(Self::$variant => $code,)* }
            }

            /// The reason in the close frame.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Whether to connect again.
            pub fn reconnect(self) -> Reconnect {
                match self { $(Self::$variant => Reconnect::$reconnect,)* }
            }
        }
    };
}

close_codes! {
    /// The client closed, and we answer.
    Normal, 1000, No, "closed";
    /// A frame that breaks RFC 6455.
    ProtocolError, 1002, No, "protocol error";
    /// A binary frame on a JSON socket, or a text frame on a postcard one.
    WrongFrameType, 1003, No, "wrong frame type for this subprotocol";
    /// Text that is not UTF-8.
    NotUtf8, 1007, No, "text is not UTF-8";
    /// Too many control frames.
    TooManyControlFrames, 1008, No, "too many control frames";
    /// A frame or message over the limit, or fragments without end.
    TooBig, 1009, No, "frame too big";
    /// Something broke on our side.
    InternalError, 1011, Yes, "internal error";
    /// The server stops or restarts.
    Restarting, 1012, Yes, "server restarting";
    /// The server has all the connections it takes.
    TryLater, 1013, Yes, "try again later";
    /// A frame that is no command and has no id to reply to.
    Malformed, 4000, No, "malformed frame";
    /// The token is not good, or was revoked.
    BadToken, 4001, WithNewToken, "token refused";
    /// The token ran out and none newer was brought.
    TokenExpired, 4002, WithNewToken, "token expired";
    /// Nobody authenticated in time, or something else was asked first.
    NotAuthenticated, 4003, WithNewToken, "not authenticated";
    /// The person has no access any more.
    AccessEnded, 4004, No, "access ended";
    /// What the person may see has shrunk; what remains is there after reconnecting.
    AccessChanged, 4005, Yes, "access changed";
    /// The client does not read as fast as it is sent to.
    SlowReader, 4006, Yes, "reading too slowly";
    /// The client kept on sending commands over its rate.
    RateLimited, 4007, Yes, "too many commands";
    /// This person has as many connections as one may have.
    TooManySockets, 4008, No, "too many connections";
    /// Nothing was heard, not even a pong.
    Silent, 4009, Yes, "no answer to ping";
}
