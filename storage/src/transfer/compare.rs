//! Reads a table on both sides and compares it, row by row and value by value.

use super::record::{PAGE_ROWS, Record, count, key, page};
use super::tables::Table;
use super::{Doing, Progress, TransferError, failed};
use crate::sql::{Db, SqlError};

/// Compares a table.
pub(super) fn table(
    original: Db<'_>,
    copy: Db<'_>,
    table: &Table,
    progress: &mut impl FnMut(Progress),
) -> Result<(), TransferError> {
    let sql = |error: SqlError| failed(table, &error);
    let of = count(original, table).map_err(sql)?;
    let mut rows = 0;
    let mut last: Option<Record> = None;
    loop {
        let mut expected = page(original, table, last.as_ref()).map_err(sql)?;
        let found = page(copy, table, last.as_ref()).map_err(sql)?;
        if expected != found {
            return Err(difference(table, &expected, &found));
        }
        rows += expected.len() as u64;
        progress(Progress { doing: Doing::Comparing, table: table.name, rows, of });
        if expected.len() < PAGE_ROWS {
            return Ok(());
        }
        last = expected.pop();
    }
}

/// The first difference of two pages that are not the same.
fn difference(table: &Table, expected: &[Record], found: &[Record]) -> TransferError {
    let same = expected.iter().zip(found).take_while(|(one, other)| one == other).count();
    let (record, what) = match (expected.get(same), found.get(same)) {
        (Some(expected), Some(found)) if expected[..table.key] == found[..table.key] => {
            let names = table.columns.iter().zip(expected.iter().zip(found));
            let differing = names.filter(|(_, (one, other))| one != other);
            let differing: Vec<_> = differing.map(|((name, _), _)| *name).collect();
            (Some(expected), format!("{} differs", differing.join(", ")))
        }
        (Some(expected), _) => (Some(expected), "is missing, or another row is before it".into()),
        (None, found) => (found, "is only in the copy".to_owned()),
    };
    let key = record.map(|record| key(table, record)).unwrap_or_default();
    TransferError::Differs { table: table.name, key, what }
}

#[cfg(test)]
mod tests {
    use super::super::record::Cell;
    use super::super::tables::TABLES;
    use super::*;
    use uuid::Uuid;

    fn account(id: u128, name: &str) -> Record {
        let id = Cell::Id(Uuid::from_u128(id));
        vec![id.clone(), id, Cell::Text(name.to_owned())]
    }

    #[test]
    fn the_first_difference_is_named_without_words_of_people() {
        let table = TABLES.iter().find(|table| table.name == "accounts").unwrap();
        let (one, two, three) = (account(1, "One"), account(2, "Two"), account(3, "Three"));
        let cases = [
            (vec![one.clone(), two.clone()], vec![one.clone(), account(2, "Tow")], "name differs"),
            (vec![one.clone(), two.clone()], vec![one.clone()], "is missing"),
            (vec![one.clone(), two.clone()], vec![one.clone(), three.clone()], "is missing"),
            (vec![one.clone()], vec![one.clone(), two], "is only in the copy"),
        ];
        for (expected, found, what) in cases {
            let error = difference(table, &expected, &found).to_string();
            let key = "accounts, id 00000000-0000-0000-0000-000000000002: ";
            assert!(error.contains(&format!("{key}{what}")), "{error}");
            assert!(!error.contains("Tow") && !error.contains("Two"), "{error}");
        }
    }
}
