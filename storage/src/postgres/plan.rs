//! How PostgreSQL goes about a statement, for tests of what statements cost. Statements are kept
//! prepared, so it is the plan for whatever parameters that counts, in a database with so much in it
//! that a wrong way is much longer than the right one.

use super::dialect;
use super::session::Session;
use crate::front::monotonic;
use std::sync::Once;
use tidings_tests::Postgres;

const DATABASE: &str = "plans";

/// Ten firms with two thousand threads each, in a hundred accounts.
const FILL: &str = "
    CREATE FUNCTION id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
        AS $$ SELECT md5(kind || n)::uuid $$;
    INSERT INTO firms SELECT id('firm', n), 'Firm', 1, 0, 0, 120, 0, 0, 1, '', '', '', ''
        FROM generate_series(0, 9) n;
    INSERT INTO members SELECT id('member', n), id('firm', n % 10), 'Name', 'mail',
            CASE WHEN n < 10 THEN 0 ELSE 2 END, 0, 1, 0, 'UTC', 0, 0, 0, 0, 0
        FROM generate_series(0, 199) n;
    INSERT INTO accounts SELECT id('account', n), id('firm', n % 10), 'Name', 'UTC'
        FROM generate_series(0, 999) n;
    INSERT INTO assignments SELECT id('account', n % 10 + 10 * ((n + 7 * i) % 100)), id('member', n)
        FROM generate_series(0, 199) n, generate_series(1, 5) i;
    INSERT INTO contacts SELECT id('contact', n), id('firm', n % 10), id('account', n % 1000),
            'Name', 'mail' || n, 1, 2, 0, 'UTC', 0, 0, 0
        FROM generate_series(0, 1999) n;
    INSERT INTO threads SELECT n, id('thread', n), id('firm', n % 10), id('account', n % 1000),
            'Subject', 0, id('member', n % 200), n, 5, 4, n, 0, id('member', n % 200), 5,
            'Excerpt', n % 3 / 2, 0, 0, 0, 0, 0, NULL, n, 5, 0,
            CASE n % 50 WHEN 0 THEN n END, 0, CASE n % 50 WHEN 1 THEN n END, 0, NULL, 0, 0
        FROM generate_series(1, 20000) n;
    INSERT INTO events SELECT n, seq, n, 0, id('member', n % 200), seq,
            CASE seq WHEN 3 THEN 4 WHEN 4 THEN 2 ELSE 1 END, repeat('x', 100)::bytea,
            id('key', n * 100 + seq)
        FROM generate_series(1, 20000) n, generate_series(1, 5) seq;
    INSERT INTO participants SELECT n, 0, id('member', n % 200), 3, 2, 0, 1, (n % 50 = 0)::int, 0, 0, 0,
            0, 0
        FROM generate_series(1, 20000) n
        UNION ALL SELECT n, 1, id('contact', n % 2000), 3, 2, 0, 0, 0, 0, 0, 0, 0, 0
        FROM generate_series(1, 20000) n;
    INSERT INTO inbox SELECT id('member', n % 200), n, 0, 1, id('contact', n % 2000), 5, n, n % 2
        FROM generate_series(1, 20000) n;
    INSERT INTO notices SELECT id('notice', n * 2 + kind), id('firm', n % 10), n, 1 - kind,
            CASE kind WHEN 0 THEN id('contact', n % 2000) ELSE id('member', n % 200) END, 0, 0, 1,
            5, n, n, n, kind, (n % 100 <> 0)::int, NULL,
            CASE n % 100 WHEN 0 THEN NULL ELSE id('notice', n * 2) END, n, '', 0, NULL, '', n, NULL
        FROM generate_series(1, 20000) n, generate_series(0, 1) kind;
    INSERT INTO tasks SELECT n, 1, 1, 'Task' FROM generate_series(1, 20000, 4) n;
    ANALYZE;";

/// The server, with that database in it.
fn filled() -> &'static Postgres {
    static FILLED: Once = Once::new();
    let postgres = Postgres::shared();
    FILLED.call_once(|| {
        postgres.create_database(DATABASE);
        postgres.query(DATABASE, include_str!("schema.sql"));
        postgres.query(DATABASE, FILL);
    });
    postgres
}

/// A session with it.
pub(crate) fn session() -> Session {
    let session = Session::new(filled().url(DATABASE).parse().unwrap()).unwrap();
    session.reach(monotonic()).unwrap();
    session
}

/// How PostgreSQL would go about it, one step a line.
pub(crate) fn plan(sql: &str) -> String {
    let sql = dialect::translate(sql);
    let parameters = (1..100).take_while(|number| sql.contains(&format!("${number}"))).count();
    let nulls = vec!["NULL"; parameters].join(", ");
    let nulls = if nulls.is_empty() { nulls } else { format!("({nulls})") };
    // As a session is set.
    let script = format!(
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off;
         PREPARE it AS {sql}; EXPLAIN (COSTS OFF) EXECUTE it{nulls}"
    );
    let rows = filled().query(DATABASE, &script);
    rows.into_iter().flatten().flatten().map(|line| line + "\n").collect()
}
