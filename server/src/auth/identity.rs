//! Who a token says one is.

use tidings_protocol::{Timestamp, TokenId};
use tidings_storage::Actor;

/// A person whose token was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who, and of which firm.
    pub actor: Actor,
    /// The token's own id, if Tidings signed it.
    pub token: Option<TokenId>,
    /// When the token was issued.
    pub issued: Timestamp,
    /// When it runs out.
    pub expires: Timestamp,
}
