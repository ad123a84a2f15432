//! Why PostgreSQL has not done something, told apart by what there is to do about it. Texts have
//! no values in them: those are people's words.

use std::error::Error as _;
use std::time::Duration;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// A failed statement, or a failed connection.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It can't be reached, or the connection is lost: connect again.
    #[error("PostgreSQL is away: {0}")]
    Away(String),
    /// It did not answer in time, and the connection was given up: connect again.
    #[error("PostgreSQL has not answered for {} s", .after.as_secs())]
    Silent {
        /// How long it was waited for.
        after: Duration,
    },
    /// The transaction is void, and may be done again: somebody was faster, or waited longer.
    #[error("PostgreSQL: {0}")]
    Aborted(String),
    /// It will be no better next time.
    #[error("PostgreSQL: {0}")]
    Refused(String),
}

impl Failure {
    /// Whether the same may succeed a little later.
    pub(crate) fn passes(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// Whether the connection is of no use any more.
    pub(crate) fn ends_connection(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Silent { .. })
    }
}

/// Why a connection can't be used that was there.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(&error, ends_connection(&error))
    }
}

impl Failure {
    /// Why no connection is made. That the server hangs up then says nothing: it does so for a wrong
    /// password too.
    pub(super) fn to_connect(error: &Error) -> Self {
        Self::of(error, false)
    }

    fn of(error: &Error, hung_up: bool) -> Self {
        let Some(state) = error.code() else { return of_the_client(error) };
        let text = error
            .as_db_error()
            .map_or_else(|| error.to_string(), |db| format!("{} ({})", db.message(), state.code()));
        match kind(state) {
            _ if hung_up => Self::Away(text),
            Kind::Away => Self::Away(text),
            Kind::Aborted => Self::Aborted(text),
            Kind::Refused => Self::Refused(text),
        }
    }
}

/// Whether the server has hung up, whatever it says.
fn ends_connection(error: &Error) -> bool {
    let severity = error.as_db_error().and_then(DbError::parsed_severity);
    matches!(severity, Some(Severity::Fatal | Severity::Panic))
}

/// An error that is not the server's answer: of the connection, or of what we asked.
fn of_the_client(error: &Error) -> Failure {
    let why =
        error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    let ours = why.contains("serializing parameter") || why.contains("deserializing column");
    if ours { Failure::Refused(why) } else { Failure::Away(why) }
}

enum Kind {
    Away,
    Aborted,
    Refused,
}

/// What to do about an answer, by its code (PostgreSQL's appendix A).
fn kind(state: &SqlState) -> Kind {
    use SqlState as S;
    // Too many connections; the transaction stood still for too long, and the server has hung up; a
    // standby after a switch-over, for another address may be the primary's now. And statements that
    // are not prepared any more as they were: a column has another type, or there is somebody between.
    let renewed = [
        S::TOO_MANY_CONNECTIONS,
        S::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        S::READ_ONLY_SQL_TRANSACTION,
        S::FEATURE_NOT_SUPPORTED,
        S::INVALID_SQL_STATEMENT_NAME,
        S::DUPLICATE_PSTATEMENT,
    ];
    // The statement took too long; somebody else has used the key, or made the row; what was sent
    // behind a statement that failed.
    let given_up = [S::QUERY_CANCELED, S::UNIQUE_VIOLATION, S::IN_FAILED_SQL_TRANSACTION];
    if renewed.contains(state) {
        return Kind::Away;
    }
    if given_up.contains(state) {
        return Kind::Aborted;
    }
    match &state.code()[..2] {
        // The connection; somebody ends the server, or starts it.
        "08" | "57" => Kind::Away,
        // Serialization, deadlock; no memory, no room on the disk; a lock that was not to be had.
        "40" | "53" | "55" => Kind::Aborted,
        _ => Kind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_remedy() {
        let table = [
            ("08006", "away"),
            ("53300", "away"),
            ("53100", "again"),
            ("57P01", "away"),
            ("57P03", "away"),
            ("25P03", "away"),
            ("25006", "away"),
            ("0A000", "away"),
            ("26000", "away"),
            ("42P05", "away"),
            ("57014", "again"),
            ("40001", "again"),
            ("40P01", "again"),
            ("55P03", "again"),
            ("23505", "again"),
            ("23503", "never"),
            ("22021", "never"),
            ("25P02", "again"),
            ("42P01", "never"),
            ("28P01", "never"),
        ];
        for (code, expected) in table {
            let remedy = match kind(&SqlState::from_code(code)) {
                Kind::Away => "away",
                Kind::Aborted => "again",
                Kind::Refused => "never",
            };
            assert_eq!(remedy, expected, "{code}");
        }
    }
}
