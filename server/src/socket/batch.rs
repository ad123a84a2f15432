//! What one pass of a room hands to every seat: some frames, and the same end to end, made once for
//! each encoding. So a socket that nothing waits for is written to from the shared bytes.

use crate::socket::SharedFrame;
use bytes::Bytes;
use std::sync::{Arc, OnceLock};
use tidings_protocol::Encoding;

/// Frames that go to many sockets together.
#[derive(Debug, Default)]
pub struct Batch {
    frames: Vec<Arc<SharedFrame>>,
    json: OnceLock<Bytes>,
    postcard: OnceLock<Bytes>,
}

impl Batch {
    /// These, in this order. Nothing is encoded yet.
    pub fn new(frames: Vec<Arc<SharedFrame>>) -> Self {
        Self { frames, json: OnceLock::new(), postcard: OnceLock::new() }
    }

    /// One by one.
    pub fn frames(&self) -> &[Arc<SharedFrame>] {
        &self.frames
    }

    /// End to end. A copy once in a pass; ten frames are then written by one plain `send(2)`, with no
    /// list of pieces to make for each socket and to walk for the kernel.
    pub fn bytes(&self, encoding: Encoding) -> &Bytes {
        let cell = match encoding {
            Encoding::Json => &self.json,
            Encoding::Postcard => &self.postcard,
        };
        cell.get_or_init(|| match self.frames.as_slice() {
            [only] => only.bytes(encoding).clone(),
            several => {
                let pieces: Vec<&[u8]> =
                    several.iter().map(|frame| frame.bytes(encoding).as_ref()).collect();
                Bytes::from(pieces.concat())
            }
        })
    }
}
