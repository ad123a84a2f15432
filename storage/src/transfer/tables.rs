//! Every table that is copied, in an order in which what is referred to comes first, with all of
//! its columns. Not in here is what only says who runs now: leases, and the last batches of writers;
//! and `meta`, of which one row is copied apart.

/// What is in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number.
    Int,
    /// A number or nothing.
    MaybeInt,
    /// A text.
    Text,
    /// Bytes.
    Blob,
    /// An id.
    Id,
    /// An id or nothing.
    MaybeId,
}

/// One table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// So many of the first columns are the primary key, in whose order rows are read.
    pub(super) key: usize,
    pub(super) columns: &'static [(&'static str, Kind)],
}

use Kind::{Blob, Id, Int, MaybeId, MaybeInt, Text};

/// All of them.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "firms",
        key: 1,
        columns: &[
            ("id", Id),
            ("name", Text),
            ("contacts_may_start", Int),
            ("created_ms", Int),
            ("access_epoch", Int),
            ("mail_delay_s", Int),
            ("mail_shown", Int),
            ("mail_answers", Int),
            ("mail_login_links", Int),
            ("mail_portal_url", Text),
            ("mail_colour", Text),
            ("mail_logo_url", Text),
            ("mail_footer", Text),
        ],
    },
    Table {
        name: "api_keys",
        key: 1,
        columns: &[("id", Id), ("firm", Id), ("label", Text), ("hash", Blob), ("created_ms", Int)],
    },
    Table {
        name: "revoked_tokens",
        key: 2,
        columns: &[("firm", Id), ("id", Id), ("expires_ms", Int)],
    },
    Table {
        name: "members",
        key: 1,
        columns: &[
            ("id", Id),
            ("firm", Id),
            ("name", Text),
            ("email", Text),
            ("role", Int),
            ("rights", Int),
            ("active", Int),
            ("language", Int),
            ("time_zone", Text),
            ("channels", Int),
            ("quiet_from", Int),
            ("quiet_to", Int),
            ("digest_min", Int),
            ("tokens_from_ms", Int),
        ],
    },
    Table {
        name: "accounts",
        key: 1,
        columns: &[("id", Id), ("firm", Id), ("name", Text), ("time_zone", Text)],
    },
    Table { name: "assignments", key: 2, columns: &[("account", Id), ("member", Id)] },
    Table {
        name: "contacts",
        key: 1,
        columns: &[
            ("id", Id),
            ("firm", Id),
            ("account", Id),
            ("name", Text),
            ("email", Text),
            ("notify", Int),
            ("state", Int),
            ("language", Int),
            ("time_zone", Text),
            ("quiet_from", Int),
            ("quiet_to", Int),
            ("tokens_from_ms", Int),
        ],
    },
    Table {
        name: "threads",
        key: 1,
        columns: &[
            ("num", Int),
            ("id", Id),
            ("firm", Id),
            ("account", Id),
            ("subject", Text),
            ("creator_kind", Int),
            ("creator", Id),
            ("created_ms", Int),
            ("head", Int),
            ("messages", Int),
            ("last_ms", Int),
            ("last_author_kind", Int),
            ("last_author", Id),
            ("last_message", Int),
            ("excerpt", Text),
            ("archived", Int),
            ("tasks_open", Int),
            ("tasks_total", Int),
            ("reminder_on", Int),
            ("reminder_days", Int),
            ("reminder_count", Int),
            ("show_content", MaybeInt),
            ("waiting_ms", Int),
            ("firm_seq", Int),
            ("client_seq", Int),
            ("look_ms", MaybeInt),
            ("looked_seq", Int),
            ("remind_ms", MaybeInt),
            ("remind_from_ms", Int),
            ("remind_by", MaybeId),
            ("reminders_sent", Int),
            ("reminder_warned", Int),
        ],
    },
    Table {
        name: "events",
        key: 2,
        columns: &[
            ("thread", Int),
            ("seq", Int),
            ("at_ms", Int),
            ("actor_kind", Int),
            ("actor", Id),
            ("messages", Int),
            ("kind", Int),
            ("payload", Blob),
            ("client_key", MaybeId),
        ],
    },
    Table {
        name: "participants",
        key: 2,
        columns: &[
            ("thread", Int),
            ("person", Id),
            ("person_kind", Int),
            ("read_seq", Int),
            ("read_messages", Int),
            ("read_ms", Int),
            ("following", Int),
            ("mentioned", Int),
            ("muted", Int),
            ("mail_seq", Int),
            ("mail_to", Int),
            ("mail_ms", Int),
            ("mail_kinds", Int),
        ],
    },
    Table {
        name: "tasks",
        key: 2,
        columns: &[
            ("thread", Int),
            ("task", Int),
            ("position", Int),
            ("text", Text),
            ("done_by_kind", MaybeInt),
            ("done_by", MaybeId),
            ("done_ms", MaybeInt),
        ],
    },
    Table {
        name: "inbox",
        key: 2,
        columns: &[
            ("member", Id),
            ("thread", Int),
            ("kind", Int),
            ("actor_kind", Int),
            ("actor", Id),
            ("seq", Int),
            ("at_ms", Int),
            ("archived", Int),
        ],
    },
    Table {
        name: "notices",
        key: 1,
        columns: &[
            ("id", Id),
            ("firm", Id),
            ("thread", MaybeInt),
            ("person_kind", Int),
            ("person", Id),
            ("kind", Int),
            ("detail", Int),
            ("from_seq", Int),
            ("to_seq", Int),
            ("created_ms", Int),
            ("due_ms", Int),
            ("next_ms", Int),
            ("digest", Int),
            ("state", Int),
            ("reason", MaybeInt),
            ("mail", MaybeId),
            ("mail_ms", MaybeInt),
            ("message_id", Text),
            ("attempts", Int),
            ("holder", MaybeId),
            ("answer", Text),
            ("settled_ms", MaybeInt),
            ("used_ms", MaybeInt),
        ],
    },
];

impl Table {
    /// The names of all columns.
    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// The names of the key's columns.
    fn key_names(&self) -> String {
        let key = &self.columns[..self.key];
        key.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// Reads the first rows: `?1` of them.
    pub(super) fn first_page(&self) -> String {
        let (names, key) = (self.names(), self.key_names());
        format!("SELECT {names} FROM {} ORDER BY {key} LIMIT ?1", self.name)
    }

    /// Reads the rows after one: `?1` of them; its key is in the parameters behind.
    pub(super) fn next_page(&self) -> String {
        let (names, key) = (self.names(), self.key_names());
        let after = placeholders(2, self.key);
        format!(
            "SELECT {names} FROM {} WHERE ({key}) > ({after}) ORDER BY {key} LIMIT ?1",
            self.name
        )
    }

    /// Puts so many rows in.
    pub(super) fn insert(&self, rows: usize) -> String {
        let width = self.columns.len();
        let row = |index| format!("({})", placeholders(index * width + 1, width));
        let rows: Vec<_> = (0..rows).map(row).collect();
        format!("INSERT INTO {} ({}) VALUES {}", self.name, self.names(), rows.join(", "))
    }
}

/// `?3, ?4, ?5`.
fn placeholders(first: usize, count: usize) -> String {
    let all: Vec<_> = (first..first + count).map(|number| format!("?{number}")).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn texts(db: &Connection, sql: &str) -> Vec<String> {
        let mut statement = db.prepare(sql).unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap();
        found.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn no_table_and_no_column_is_left_behind() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("../sqlite/schema.sql")).unwrap();
        let mut tables = texts(&db, "SELECT name FROM sqlite_schema WHERE type = 'table'");
        tables.retain(|table| table != "meta" && table != "leases");
        let mut named: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        named.sort_unstable();
        tables.sort_unstable();
        assert_eq!(named, tables);
        for table in TABLES {
            let columns = format!("SELECT name FROM pragma_table_info('{}')", table.name);
            let mut columns = texts(&db, &columns);
            columns.sort_unstable();
            let mut named: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
            named.sort_unstable();
            assert_eq!(named, columns, "{}", table.name);
        }
    }

    #[test]
    fn rows_are_read_by_a_unique_index_in_order() {
        for table in TABLES {
            for sql in [table.first_page(), table.next_page()] {
                let plan = crate::sqlite::plan::plan(&sql);
                assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
            }
            let plan = crate::sqlite::plan::plan(&table.next_page());
            assert!(plan.contains("SEARCH"), "{plan}");
        }
    }
}
