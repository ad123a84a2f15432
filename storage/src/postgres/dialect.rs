//! Turns the text of a statement as it is written for every database into PostgreSQL's. Done once
//! for each text and connection: the result is kept with the prepared statement.

/// How a column is compared that is to be kept from its index.
const KEPT: &str = "IS NOT DISTINCT FROM";

/// The statement for PostgreSQL: `?1` is `$1`; a `CROSS JOIN`, which keeps its order in SQLite, is one
/// as any other; and what keeps a column from its index, there `+t.firm = ?1`, is here
/// `t.firm IS NOT DISTINCT FROM $1`, for no index is looked into for that.
pub(super) fn translate(sql: &str) -> String {
    let sql = sql.replace("CROSS JOIN", "JOIN");
    // Whether the next `=` compares such a column.
    let mut kept = false;
    let mut text = String::with_capacity(sql.len());
    let mut quoted = false;
    let mut before = ' ';
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        quoted ^= c == '\'';
        let next = rest.peek().copied().unwrap_or(' ');
        match c {
            _ if quoted => text.push(c),
            '?' if next.is_ascii_digit() => text.push('$'),
            '+' if is_unary(before) && next.is_ascii_alphabetic() => kept = true,
            '=' if std::mem::take(&mut kept) => text.push_str(KEPT),
            _ => text.push(c),
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    text
}

/// Whether a `+` after this character, blanks aside, has nothing before it to add to. A keyword may
/// stand there too; a name that is followed by a `+` and a name without a blank is none of ours.
fn is_unary(before: char) -> bool {
    !before.is_ascii_digit() && before != ')'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_turned_into_those_of_postgresql() {
        let table = [
            (
                "SELECT a FROM t WHERE b = ?1 AND c > ?12",
                "SELECT a FROM t WHERE b = $1 AND c > $12",
            ),
            ("SELECT 1 FROM a CROSS JOIN b ON b.c = a.c", "SELECT 1 FROM a JOIN b ON b.c = a.c"),
            (
                "… WHERE +t.firm = ?1 AND t.a = ?2",
                "… WHERE t.firm IS NOT DISTINCT FROM $1 AND t.a = $2",
            ),
            ("UPDATE t SET n = n + 1, m = m + ?2", "UPDATE t SET n = n + 1, m = m + $2"),
            ("SELECT (a) +b, 1 +b", "SELECT (a) +b, 1 +b"),
            ("SELECT 'why ?1 +t', ?1", "SELECT 'why ?1 +t', $1"),
        ];
        for (written, expected) in table {
            assert_eq!(translate(written), expected);
        }
    }
}
