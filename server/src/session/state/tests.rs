//! What a session answers to what, as tables; time is moved, never waited for.

use super::*;
use tidings_protocol::{FirmId, MemberId, Person};
use tidings_storage::Actor;
use uuid::Uuid;

const RATES: Rates = Rates { commands_per_second: 10, commands_burst: 20 };

#[expect(clippy::disallowed_methods, reason = "any moment will do as the first")]
fn start() -> Instant {
    Instant::now()
}

fn identity(person: u128, expires: Timestamp) -> Identity {
    let person = Person::Member(MemberId(Uuid::from_u128(person)));
    let actor = Actor { firm: FirmId(Uuid::nil()), person };
    Identity { actor, token: None, issued: Timestamp(0), expires }
}

fn known(now: Instant) -> Session {
    let mut session = Session::new(RATES, now);
    let identity = identity(1, Timestamp(3_600_000));
    session.authenticated(identity, now, Timestamp(0)).unwrap();
    session
}

fn frame(id: u32, command: Command) -> ClientFrame {
    ClientFrame { id: RequestId(id), command }
}

fn thread(number: u128) -> ThreadId {
    ThreadId(Uuid::from_u128(number))
}

fn refusal_of(step: &Step) -> Option<RefusalCode> {
    match step {
        Step::Answer { outcome: Outcome::Refused(refusal), .. } => Some(refusal.code),
        _ => None,
    }
}

#[test]
fn stranger_may_only_authenticate() {
    let now = start();
    let mut session = Session::new(RATES, now);
    let step = session.on_frame(Ok(frame(1, Command::GetPreferences {})), now);
    assert_eq!(step, Step::Close(CloseCode::NotAuthenticated));
    let token = "a token".to_owned();
    let step = session.on_frame(Ok(frame(2, Command::Authenticate { token: token.clone() })), now);
    assert_eq!(step, Step::Authenticate { id: RequestId(2), token });
}

#[test]
fn stranger_is_given_ten_seconds() {
    let now = start();
    let mut session = Session::new(RATES, now);
    let deadline = now + Duration::from_secs(AUTHENTICATE_SECONDS);
    assert_eq!(session.tick(now), Tick::Wait(deadline));
    assert_eq!(session.tick(deadline), Tick::Close(CloseCode::NotAuthenticated));
}

#[test]
fn token_that_runs_out_closes_and_a_newer_one_prolongs() {
    let now = start();
    let mut session = known(now);
    let hour = now + Duration::from_hours(1);
    session.on_bytes(now + Duration::from_mins(59));
    session.authenticated(identity(1, Timestamp(7_200_000)), hour, Timestamp(3_600_000)).unwrap();
    assert!(!matches!(session.tick(hour), Tick::Close(_)));
    let two_hours = hour + Duration::from_hours(1);
    session.on_bytes(two_hours);
    assert_eq!(session.tick(two_hours), Tick::Close(CloseCode::TokenExpired));
}

#[test]
fn connection_stays_with_its_person() {
    let now = start();
    let mut session = known(now);
    let other = session.authenticated(identity(2, Timestamp(9)), now, Timestamp(0));
    assert_eq!(other.unwrap_err().code, RefusalCode::NotAllowed);
}

#[test]
fn frame_without_an_id_closes_and_a_bad_command_is_refused() {
    let now = start();
    let mut session = known(now);
    let refusal = Refusal::new(RefusalCode::Malformed);
    let bad = Err(DecodeError::BadCommand { id: RequestId(7), refusal });
    assert_eq!(refusal_of(&session.on_frame(bad, now)), Some(RefusalCode::Malformed));
    let garbage = Err(DecodeError::NotAFrame("?".to_owned()));
    assert_eq!(session.on_frame(garbage, now), Step::Close(CloseCode::Malformed));
}

#[test]
fn what_concerns_a_joined_thread_needs_one() {
    let now = start();
    let mut session = known(now);
    for command in [
        Command::Leave { thread: thread(1) },
        Command::Typing { thread: thread(1) },
        Command::Presence { thread: thread(1), looking: true },
    ] {
        let step = session.on_frame(Ok(frame(1, command.clone())), now);
        assert_eq!(refusal_of(&step), Some(RefusalCode::NotJoined));
        session.thread_joined(thread(1));
        let step = session.on_frame(Ok(frame(1, command)), now);
        assert_eq!(refusal_of(&step), None);
        session.thread_left(thread(1));
    }
}

#[test]
fn joining_has_a_bound_and_joining_again_has_none() {
    let now = start();
    let mut session = known(now);
    for number in 0..JOINED_THREADS_MAX {
        session.thread_joined(thread(number as u128));
    }
    let one_more = Command::Join { thread: thread(1_000_000), after: None };
    let step = session.on_frame(Ok(frame(1, one_more)), now);
    assert_eq!(refusal_of(&step), Some(RefusalCode::TooMany));
    let again = Command::Join { thread: thread(0), after: Some(Seq(4)) };
    let step = session.on_frame(Ok(frame(2, again)), now);
    assert!(matches!(step, Step::Join { again: true, .. }));
}

#[test]
fn over_the_rate_is_refused_with_a_time_and_not_listening_closes() {
    let now = start();
    let mut session = known(now);
    let ask = || frame(1, Command::GetPreferences {});
    for _ in 0..RATES.commands_burst {
        assert!(matches!(session.on_frame(Ok(ask()), now), Step::Execute { .. }));
    }
    let Step::Answer { outcome: Outcome::Refused(refusal), .. } = session.on_frame(Ok(ask()), now)
    else {
        panic!("not refused");
    };
    assert_eq!(refusal.code, RefusalCode::RateLimited);
    let wait = Duration::from_millis(refusal.retry_after_ms.unwrap().into());
    assert!(matches!(session.on_frame(Ok(ask()), now + wait), Step::Execute { .. }));
    let steps: Vec<Step> =
        (0..=RATE_REFUSALS_MAX).map(|_| session.on_frame(Ok(ask()), now)).collect();
    assert_eq!(steps.last(), Some(&Step::Close(CloseCode::RateLimited)));
}

#[test]
fn control_frames_have_a_rate() {
    let now = start();
    let mut session = known(now);
    for _ in 0..CONTROL_FRAMES_BURST {
        assert_eq!(session.on_control(now), Ok(()));
    }
    assert_eq!(session.on_control(now), Err(CloseCode::TooManyControlFrames));
}

#[test]
fn value_out_of_bounds_names_field_and_limit() {
    let now = start();
    let mut session = known(now);
    let task = Command::AddTask {
        thread: thread(1),
        key: tidings_protocol::ClientKey(Uuid::nil()),
        text: "x".repeat(501),
        before: None,
    };
    let Step::Answer { outcome: Outcome::Refused(refusal), .. } =
        session.on_frame(Ok(frame(1, task)), now)
    else {
        panic!("not refused");
    };
    assert_eq!(refusal.field.as_deref(), Some("add_task.text"));
    assert_eq!(refusal.limit, Some(500));
}
