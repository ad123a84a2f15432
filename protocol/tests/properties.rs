//! What holds for every frame and for every input: frames come back as they went, and nothing that
//! arrives makes a decoder panic, read past the end, or answer at length.

#![allow(clippy::unwrap_used, reason = "in a test it says enough")]

#[path = "support/arbitrary.rs"]
mod arbitrary;

use arbitrary::{client_frame, server_frame};
use proptest::prelude::*;
use proptest::sample::Index;
use tidings_protocol::{Checked, DecodeError, Encoding};

/// Any of the two encodings.
fn encoding() -> impl Strategy<Value = Encoding> {
    proptest::sample::select(Encoding::ALL.to_vec())
}

/// Some changes to a frame's bytes: a byte replaced, put in or taken out, or the rest cut off.
fn changes() -> impl Strategy<Value = Vec<(u8, Index, u8)>> {
    proptest::collection::vec((0..4_u8, any::<Index>(), any::<u8>()), 1..4)
}

fn change(bytes: &mut Vec<u8>, changes: &[(u8, Index, u8)]) {
    for (what, at, byte) in changes {
        let at = at.index(bytes.len() + 1).min(bytes.len().saturating_sub(1));
        match what {
            _ if bytes.is_empty() => bytes.push(*byte),
            0 => bytes[at] = *byte,
            1 => bytes.insert(at, *byte),
            2 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
}

/// Decodes on both sides; what can be read can be written and read again, and what can't be read
/// is explained in few words.
fn decode_anything(encoding: Encoding, bytes: &[u8]) -> Result<(), TestCaseError> {
    match encoding.decode_client(bytes) {
        Ok(frame) => {
            let again = encoding.decode_client(&encoding.encode_client(&frame));
            prop_assert_eq!(again.as_ref(), Ok(&frame));
            if let Err(refusal) = Checked::try_from(frame.command) {
                prop_assert!(refusal.message.len() < 100);
            }
        }
        Err(DecodeError::BadCommand { refusal, .. }) => {
            prop_assert!(refusal.message.len() <= 310, "{}", refusal.message);
            prop_assert!(refusal.field.is_none_or(|field| field.len() <= 110));
        }
        Err(DecodeError::NotAFrame(why)) => prop_assert!(why.len() < 100),
    }
    if let Ok(frame) = encoding.decode_server(bytes) {
        let again = encoding.decode_server(&encoding.encode_server(&frame));
        prop_assert_eq!(again, Ok(frame));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn client_frames_come_back_as_they_went(frame in client_frame(), encoding in encoding()) {
        let bytes = encoding.encode_client(&frame);
        prop_assert_eq!(encoding.decode_client(&bytes), Ok(frame));
    }

    #[test]
    fn server_frames_come_back_as_they_went(frame in server_frame(), encoding in encoding()) {
        let bytes = encoding.encode_server(&frame);
        prop_assert_eq!(encoding.decode_server(&bytes), Ok(frame.clone()));
        let mut behind = b"before".to_vec();
        encoding.encode_server_into(&frame, &mut behind);
        prop_assert_eq!(&behind[6..], bytes);
    }

    #[test]
    fn json_does_not_care_about_the_order_of_keys(frame in client_frame()) {
        let bytes = Encoding::Json.encode_client(&frame);
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        // A map of serde_json sorts its keys: `command` comes first, `after` before `thread`.
        let sorted = value.to_string();
        let command_first = sorted.starts_with("{\"command\":");
        prop_assert!(command_first);
        prop_assert_eq!(Encoding::Json.decode_client(sorted.as_bytes()), Ok(frame));
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        encoding in encoding(),
    ) {
        decode_anything(encoding, &bytes)?;
    }

    #[test]
    fn no_text_makes_a_decoder_panic(
        text in "\\PC*|[\\[\\]{}:,\"\\\\ a-z0-9.-]{0,80}",
        command in "[a-z_`]{0,40}",
    ) {
        decode_anything(Encoding::Json, text.as_bytes())?;
        let frame = format!("{{\"id\":1,\"command\":{{\"{command}\":{{}}}}}}");
        decode_anything(Encoding::Json, frame.as_bytes())?;
    }

    #[test]
    fn no_damage_to_a_client_frame_makes_a_decoder_panic(
        frame in client_frame(), encoding in encoding(), changes in changes(),
    ) {
        let mut bytes = encoding.encode_client(&frame);
        change(&mut bytes, &changes);
        decode_anything(encoding, &bytes)?;
    }

    #[test]
    fn no_damage_to_a_server_frame_makes_a_decoder_panic(
        frame in server_frame(), encoding in encoding(), changes in changes(),
    ) {
        let mut bytes = encoding.encode_server(&frame);
        change(&mut bytes, &changes);
        decode_anything(encoding, &bytes)?;
    }

    #[test]
    fn a_frame_that_ends_early_is_no_frame(
        client in client_frame(), server in server_frame(), encoding in encoding(), at in any::<Index>(),
    ) {
        let bytes = encoding.encode_client(&client);
        prop_assert!(encoding.decode_client(&bytes[..at.index(bytes.len())]).is_err());
        let bytes = encoding.encode_server(&server);
        prop_assert!(encoding.decode_server(&bytes[..at.index(bytes.len())]).is_err());
    }

    #[test]
    fn bytes_after_the_end_are_refused(
        client in client_frame(), server in server_frame(), tail in "[!-~]{1,9}",
    ) {
        for encoding in Encoding::ALL {
            let mut bytes = encoding.encode_server(&server);
            bytes.extend_from_slice(tail.as_bytes());
            prop_assert!(encoding.decode_server(&bytes).is_err());
        }
        let mut bytes = Encoding::Json.encode_client(&client);
        bytes.extend_from_slice(tail.as_bytes());
        let error = Encoding::Json.decode_client(&bytes);
        prop_assert!(matches!(error, Err(DecodeError::NotAFrame(_))));
        let mut bytes = Encoding::Postcard.encode_client(&client);
        bytes.extend_from_slice(tail.as_bytes());
        match Encoding::Postcard.decode_client(&bytes) {
            Err(DecodeError::BadCommand { id, refusal }) => {
                prop_assert_eq!(id, client.id);
                let expected = format!("{} bytes follow the end of the command", tail.len());
                prop_assert_eq!(refusal.message, expected);
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn a_bad_command_can_be_answered(id in any::<u32>(), name in "[a-z]{1,12}") {
        let json = format!("{{\"command\":{{\"x{name}\":{{\"a\":[1]}}}},\"id\":{id}}}");
        let error = Encoding::Json.decode_client(json.as_bytes());
        let kept = matches!(error, Err(DecodeError::BadCommand { id: kept, .. }) if kept.0 == id);
        prop_assert!(kept, "{:?}", error);
        let postcard = postcard::to_stdvec(&(id, 34_u32 + id / 2, name)).unwrap();
        let error = Encoding::Postcard.decode_client(&postcard);
        let kept = matches!(error, Err(DecodeError::BadCommand { id: kept, .. }) if kept.0 == id);
        prop_assert!(kept, "{:?}", error);
    }
}
