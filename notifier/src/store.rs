//! How this crate sees the store: operations to be made durable, and questions. The server's handle on
//! it is one of these, so that what is committed here is told to everybody like anything else.

use tidings_protocol::Refusal;
use tidings_storage::{Done, Operation, Reader, Unavailable};

/// A handle on the store. Cheap to clone.
pub trait Store: Clone + Send + Sync + 'static {
    /// Makes an operation durable and waits for it. `unavailable`: whether it was done is not known,
    /// or it was not; all that is done here may be done again.
    fn apply(&self, operation: Operation) -> impl Future<Output = Result<Done, Refusal>> + Send;

    /// Asks a question of what was committed, and waits for the answer.
    fn read<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
    ) -> impl Future<Output = Result<R, Unavailable>> + Send;
}
