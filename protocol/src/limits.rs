//! Every bound of the wire: its name, its unit, why it is there. A frame that breaks one is refused
//! with the field and the limit. Bounds that an operator sets (rates, sockets per person, queues)
//! are the server's configuration, not the protocol's.

/// Longest frame a client may send, in bytes, over all its fragments. Larger ones close the
/// connection with 1009: what we have not read we can't answer.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

/// Longest message body, in bytes of UTF-8. A long letter; more belongs in a document.
pub const MESSAGE_BODY_BYTES_MAX: usize = 64 * 1024;

/// Longest subject, in bytes of UTF-8: a line.
pub const SUBJECT_BYTES_MAX: usize = 200;

/// Longest text of a task, in bytes of UTF-8: a line or two beside a checkbox.
pub const TASK_TEXT_BYTES_MAX: usize = 500;

/// Most tasks a thread has at a time, done ones included, so that they can always be sent whole.
pub const TASKS_PER_THREAD_MAX: usize = 100;

/// Most members one message mentions, found by name or given.
pub const MENTIONS_PER_MESSAGE_MAX: usize = 20;

/// Most items of one page of a list.
pub const PAGE_ITEMS_MAX: u32 = 100;

/// Items of a page whose request does not say.
pub const PAGE_ITEMS_DEFAULT: u32 = 50;

/// A page of history ends early when its bodies reach this many bytes: about what one long message
/// may have, so that a page of them waits for no one longer than a message does.
pub const PAGE_BYTES_MAX: usize = 128 * 1024;

/// Most people of a thread whose receipts and names are sent with it: those who read last.
pub const THREAD_PEOPLE_MAX: usize = 500;

/// Most events that a join catches up on: weeks of a busy thread. Who has missed more gets the
/// newest page and reads the rest of the history when it is wanted.
pub const RESUME_EVENTS_MAX: u64 = 10_000;

/// Threads that one connection may have joined at a time.
pub const JOINED_THREADS_MAX: usize = 100;

/// People named in a presence frame; beyond it only their number is told.
pub const PRESENCE_PEOPLE_MAX: usize = 100;

/// Days between reminders: 1 to this.
pub const REMINDER_DAYS_MAX: u16 = 365;

/// Reminders per cycle: 1 to this.
pub const REMINDER_COUNT_MAX: u16 = 20;

/// Longest name of a firm, member, account or contact, in bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 200;

/// Longest email address, in bytes (RFC 5321, 4.5.3.1.3).
pub const EMAIL_BYTES_MAX: usize = 254;

/// Longest part of it before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
pub const EMAIL_LOCAL_BYTES_MAX: usize = 64;

/// Longest web address in a firm's settings, in bytes.
pub const URL_BYTES_MAX: usize = 500;

/// Longest text at the end of a firm's emails, in bytes of UTF-8.
pub const MAIL_FOOTER_BYTES_MAX: usize = 1_000;

/// Longest that a token of ours may be good, in seconds.
pub const TOKEN_SECONDS_MAX: u32 = 24 * 3_600;

/// Seconds that events are gathered for one email, unless a firm chooses otherwise.
pub const MAIL_DELAY_SECONDS_DEFAULT: u32 = 120;

/// Most seconds that events are gathered for one email: beyond it, it is a digest.
pub const MAIL_DELAY_SECONDS_MAX: u32 = 3_600;

/// Shortest interval between the digests of a member, in minutes.
pub const DIGEST_MINUTES_MIN: u16 = 5;

/// Longest interval between the digests of a member, in minutes: a week.
pub const DIGEST_MINUTES_MAX: u16 = 7 * 24 * 60;

/// Minutes of a day: times of day are 0 to one less.
pub const DAY_MINUTES: u16 = 24 * 60;

/// Most members of a firm, inactive ones included: names are looked up in all of them.
pub const MEMBERS_PER_FIRM_MAX: u64 = 10_000;

/// Most contacts of an account: people of one client.
pub const CONTACTS_PER_ACCOUNT_MAX: u64 = 1_000;

/// Most API keys of a firm: one for each of its systems, and room to change them.
pub const API_KEYS_PER_FIRM_MAX: u64 = 20;

/// Longest JSON Web Token, in bytes: ours have about 300, and parsing is work done for strangers.
pub const TOKEN_BYTES_MAX: usize = 4 * 1024;

/// Longest cursor of a paged list, in bytes.
pub const CURSOR_BYTES_MAX: usize = 128;

/// Longest Markdown text that `render` takes, in bytes: a message.
pub const RENDER_BYTES_MAX: usize = MESSAGE_BODY_BYTES_MAX;

/// Bytes of the last message that a thread list shows.
pub const EXCERPT_BYTES_MAX: usize = 160;

/// Seconds of silence after which the server pings.
pub const PING_SECONDS: u64 = 25;

/// Seconds of further silence after which a pinged peer is given up.
pub const PONG_SECONDS: u64 = 8;

/// Seconds a connection has to authenticate.
pub const AUTHENTICATE_SECONDS: u64 = 10;

/// Seconds that a `typing` frame holds when nothing follows it.
pub const TYPING_SECONDS: u64 = 6;

const _: () = assert!(MESSAGE_BODY_BYTES_MAX * 2 < FRAME_BYTES_MAX);
const _: () = assert!(TASKS_PER_THREAD_MAX * TASK_TEXT_BYTES_MAX < FRAME_BYTES_MAX / 2);
const _: () = assert!(MESSAGE_BODY_BYTES_MAX <= PAGE_BYTES_MAX);
const _: () = assert!(PAGE_ITEMS_DEFAULT <= PAGE_ITEMS_MAX);
