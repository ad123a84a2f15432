//! What the log says of mails that were not taken: what the server answered, and how often. The first
//! of a kind is told at once, more of it once a minute, counted: a mail server that is away would fill
//! the log otherwise. Each mail by itself stands in the ledger. Pure.
//!
//! Servers like to repeat addresses of readers, and filters links out of the mail. Neither is told: of an
//! address only its domain, of a link only its host.

use super::watch::MailResult;
use tidings_protocol::{NoticeId, Timestamp};

/// Between two lines of one kind.
const EVERY_MS: i64 = 60_000;

/// Most kinds that are told apart; any others are one. A server that answers in ever new words is
/// not heard more often for it.
const KINDS_MAX: usize = 20;

/// So many words say which kind it is if no code does.
const WORDS_OF_KIND: usize = 4;

/// Most bytes of an answer that are told.
const ANSWER_BYTES_MAX: usize = 200;

/// What there is to say of mails that were not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) result: MailResult,
    /// How many since the line before, of this kind.
    pub(super) mails: u64,
    /// The last of them, by its first notice.
    pub(super) notice: NoticeId,
    /// What was said of that one.
    pub(super) answer: String,
}

impl Line {
    /// Puts it into the log.
    pub(super) fn log(&self) {
        let Self { result, mails, notice, answer } = self;
        let notice = notice.0;
        match result {
            MailResult::Failed => {
                tracing::warn!(mails, %notice, answer, "mail will not be sent");
            }
            MailResult::Sent | MailResult::Later => {
                tracing::warn!(mails, %notice, answer, "mail was not taken now");
            }
        }
    }
}

/// Mails of one kind.
struct Kind {
    result: MailResult,
    name: String,
    /// When it was last told.
    told: Timestamp,
    /// What was not told yet.
    untold: Option<Line>,
}

/// Mails that were not taken, until they are told.
#[derive(Default)]
pub(super) struct Untaken {
    kinds: Vec<Kind>,
}

impl Untaken {
    /// One more. Gives what is to be told at once.
    pub(super) fn add(
        &mut self,
        result: MailResult,
        notice: NoticeId,
        answer: &str,
        now: Timestamp,
    ) -> Option<Line> {
        let kind = self.kind(result, answer);
        let mails = kind.untold.take().map_or(0, |line| line.mails).saturating_add(1);
        kind.untold = Some(Line { result, mails, notice, answer: discreet(answer) });
        kind.tell(now)
    }

    /// What has waited long enough. Forgets kinds that did not come again.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<Line> {
        let mut lines = Vec::new();
        self.kinds.retain_mut(|kind| match kind.tell(now) {
            Some(line) => {
                lines.push(line);
                true
            }
            None => !kind.is_over(now),
        });
        lines
    }

    /// All that was not told.
    pub(super) fn rest(&mut self) -> Vec<Line> {
        self.kinds.drain(..).filter_map(|kind| kind.untold).collect()
    }

    fn kind(&mut self, result: MailResult, answer: &str) -> &mut Kind {
        let is_full = self.kinds.len() >= KINDS_MAX;
        let name = kind_of(answer);
        let at = |kinds: &[Kind], name: &str| {
            kinds.iter().position(|kind| kind.result == result && kind.name == name)
        };
        let (found, name) = match at(&self.kinds, &name) {
            None if is_full => (at(&self.kinds, ""), String::new()),
            found => (found, name),
        };
        let found = found.unwrap_or_else(|| {
            self.kinds.push(Kind { result, name, told: Timestamp(i64::MIN), untold: None });
            self.kinds.len() - 1
        });
        &mut self.kinds[found]
    }
}

impl Kind {
    fn is_over(&self, now: Timestamp) -> bool {
        now.0.saturating_sub(self.told.0) >= EVERY_MS
    }

    fn tell(&mut self, now: Timestamp) -> Option<Line> {
        if !self.is_over(now) {
            return None;
        }
        let line = self.untold.take()?;
        self.told = now;
        Some(line)
    }
}

/// What answers have in common that mean the same: their codes, or how they begin.
fn kind_of(answer: &str) -> String {
    let is_code = |word: &str| word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let codes = answer.split(' ').take_while(|word| is_code(word)).count();
    let words = if codes == 0 { WORDS_OF_KIND } else { codes.min(2) };
    answer.split(' ').take(words).collect::<Vec<_>>().join(" ")
}

/// An answer without addresses of people and without links.
fn discreet(answer: &str) -> String {
    let mut said: String = answer.split(' ').map(discreet_word).collect::<Vec<_>>().join(" ");
    said.truncate(said.floor_char_boundary(ANSWER_BYTES_MAX));
    said
}

/// Of a link the host, whether or not it is written as one; of an address the domain.
fn discreet_word(word: &str) -> String {
    let (scheme, rest) = word.split_once("//").map_or(("", word), |(scheme, rest)| (scheme, rest));
    let slashes = if rest.len() < word.len() { "//" } else { "" };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_link = !slashes.is_empty() || host.contains('.');
    let is_cut = is_link && host.len() < rest.len();
    let (host, cut) = if is_cut { (host, "/…") } else { (rest, "") };
    let credentials = !slashes.is_empty() && host.contains('@');
    let host = if credentials { host.rsplit('@').next().unwrap_or_default() } else { host };
    format!("{}{slashes}{}{cut}", without_address(scheme), without_address(host))
}

fn without_address(word: &str) -> String {
    match word.rsplit_once('@') {
        Some((before, domain)) => {
            let opening = if before.starts_with('<') { "<" } else { "" };
            format!("{opening}…@{domain}")
        }
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp(1_000_000);
    const BUSY: &str = "451 4.3.0 later";

    fn notice(number: u128) -> NoticeId {
        NoticeId(Uuid::from_u128(number))
    }

    fn add(untaken: &mut Untaken, number: u128, answer: &str, after_ms: i64) -> Option<u64> {
        let line =
            untaken.add(MailResult::Later, notice(number), answer, NOW.plus_millis(after_ms));
        line.map(|line| line.mails)
    }

    #[test]
    fn the_first_is_told_at_once_and_more_of_its_kind_once_a_minute() {
        let mut untaken = Untaken::default();
        assert_eq!(add(&mut untaken, 1, BUSY, 0), Some(1));
        assert_eq!(add(&mut untaken, 2, BUSY, 1), None);
        assert_eq!(add(&mut untaken, 3, "451 4.3.0 still later", 59_999), None);
        assert_eq!(add(&mut untaken, 4, BUSY, 60_000), Some(3));
        assert_eq!(add(&mut untaken, 5, BUSY, 60_001), None);
        assert!(untaken.due(NOW.plus_millis(119_999)).is_empty());
        let lines = untaken.due(NOW.plus_millis(120_000));
        let expected =
            Line { result: MailResult::Later, mails: 1, notice: notice(5), answer: BUSY.into() };
        assert_eq!(lines, [expected]);
        assert!(untaken.due(NOW.plus_millis(180_000)).is_empty());
        assert!(untaken.kinds.is_empty(), "what is over is forgotten");
    }

    #[test]
    fn another_kind_is_told_beside_it() {
        let mut untaken = Untaken::default();
        assert_eq!(add(&mut untaken, 1, BUSY, 0), Some(1));
        assert_eq!(add(&mut untaken, 2, "535 5.7.8 wrong password", 0), Some(1));
        let failed = untaken.add(MailResult::Failed, notice(3), BUSY, NOW);
        assert_eq!(failed.map(|line| line.mails), Some(1));
        assert_eq!(add(&mut untaken, 4, "mail.example:25: Connection refused", 0), Some(1));
        assert_eq!(add(&mut untaken, 5, "mail.example:25: Connection refused", 0), None);
        let rest: Vec<_> = untaken.rest().into_iter().map(|line| line.notice).collect();
        assert_eq!(rest, [notice(5)]);
    }

    #[test]
    fn ever_new_words_are_one_kind_in_the_end() {
        let mut untaken = Untaken::default();
        let told = (0..1_000).filter_map(|n| add(&mut untaken, n, &format!("word{n} again"), 0));
        assert_eq!(told.count(), KINDS_MAX + 1);
        assert!(untaken.kinds.len() <= KINDS_MAX + 2);
        let lines = untaken.due(NOW.plus_millis(EVERY_MS));
        assert_eq!(lines.iter().map(|line| line.mails).collect::<Vec<_>>(), [979]);
    }

    #[test]
    fn nobodys_address_is_told_and_no_link() {
        for (answer, told) in [
            ("550 5.1.1 <carla@a.example>: unknown", "550 5.1.1 <…@a.example>: unknown"),
            ("550 no carla@a.example here", "550 no …@a.example here"),
            ("550 \"a@b\"@a.example", "550 …@a.example"),
            (
                "554 bad link https://chat.example/v1/login/secret found",
                "554 bad link https://chat.example/… found",
            ),
            ("554 see http://me:pw@a.example", "554 see http://a.example"),
            ("554 hxxps[:]//a.example/v1/login/secret", "554 hxxps[:]//a.example/…"),
            ("554 (a.example/v1/login/secret)", "554 (a.example/…"),
            ("554 <carla@a.example>:https://b.example/x", "554 <…@a.example>:https://b.example/…"),
            ("451 4.7.1 try 1/2", "451 4.7.1 try 1/2"),
            ("mail.example:25: Connection refused", "mail.example:25: Connection refused"),
        ] {
            assert_eq!(discreet(answer), told);
        }
        assert!(discreet(&"é".repeat(500)).len() <= ANSWER_BYTES_MAX);
    }
}
