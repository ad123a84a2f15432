//! Frames to bytes and back, in both encodings. Decoding never panics and never allocates more
//! than the frame's own length warrants.

use crate::command::ClientFrame;
use crate::explain;
use crate::ids::RequestId;
use crate::refusal::Refusal;
use crate::reply::ServerFrame;
use serde::Deserialize;

/// How frames are written; chosen by the WebSocket subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Text frames of JSON.
    Json,
    /// Binary frames of postcard.
    Postcard,
}

/// A client frame that can't be acted on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It has an id, so it can be answered; the connection goes on.
    #[error("frame {id}: {refusal}")]
    BadCommand {
        /// The frame's id.
        id: RequestId,
        /// What is wrong with the rest.
        refusal: Refusal,
    },
    /// Not even an id: close the connection with 4000. The text has nothing of the frame in it.
    #[error("not a frame: {0}")]
    NotAFrame(String),
}

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 2] = [Self::Json, Self::Postcard];

    /// The WebSocket subprotocol that stands for it.
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "tidings.v1.json",
            Self::Postcard => "tidings.v1.postcard",
        }
    }

    /// The encoding that a subprotocol stands for.
    pub fn of_subprotocol(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.subprotocol() == name)
    }

    /// Appends a server frame to `to`.
    pub fn encode_server_into(self, frame: &ServerFrame, to: &mut Vec<u8>) {
        self.encode_into(frame, to);
    }

    /// A server frame as bytes.
    pub fn encode_server(self, frame: &ServerFrame) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        self.encode_into(frame, &mut bytes);
        bytes
    }

    /// A client frame as bytes.
    pub fn encode_client(self, frame: &ClientFrame) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        self.encode_into(frame, &mut bytes);
        bytes
    }

    pub(crate) fn encode_into<T: serde::Serialize + ?Sized>(self, frame: &T, to: &mut Vec<u8>) {
        let done = match self {
            Self::Json => serde_json::to_writer(&mut *to, frame).map_err(|e| e.to_string()),
            Self::Postcard => postcard::to_io(frame, &mut *to).map(drop).map_err(|e| e.to_string()),
        };
        // Our own types hold nothing that either encoding can't express, and a Vec takes every byte.
        done.expect("frames can always be encoded");
    }

    /// Reads a client frame.
    pub fn decode_client(self, bytes: &[u8]) -> Result<ClientFrame, DecodeError> {
        match self {
            Self::Json => serde_json::from_slice(bytes).map_err(|_| explain::json_frame(bytes)),
            Self::Postcard => {
                whole_postcard(bytes).map_err(|error| explain::postcard_frame(bytes, &error))
            }
        }
    }

    /// Reads a server frame. A client drops what it can't read and goes on: the frame may be newer
    /// than the client.
    pub fn decode_server(self, bytes: &[u8]) -> Result<ServerFrame, DecodeError> {
        match self {
            Self::Json => serde_json::from_slice(bytes).map_err(|e| e.to_string()),
            Self::Postcard => whole_postcard(bytes).map_err(|e| e.to_string()),
        }
        .map_err(DecodeError::NotAFrame)
    }
}

/// Reads a JSON body of the HTTP API. What can't be read is refused as `malformed`, naming the field.
pub fn from_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|_| explain::json_body::<T>(bytes))
}

/// Decodes all the bytes: what is left over is an error, not ignored.
fn whole_postcard<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, postcard::Error> {
    match postcard::take_from_bytes(bytes)? {
        (value, []) => Ok(value),
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}
