-- Ids are 16 bytes, times are milliseconds since 1970, people are (kind, id) with kind 0 for a
-- member and 1 for a contact. Threads have a small number of their own, so that the large tables
-- don't repeat 16 bytes a row.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE firms (
    id                 BLOB PRIMARY KEY,
    name               TEXT NOT NULL,
    contacts_may_start INTEGER NOT NULL,
    created_ms         INTEGER NOT NULL,
    access_epoch       INTEGER NOT NULL DEFAULT 0, -- how often somebody's access has ended
    mail_delay_s       INTEGER NOT NULL,
    mail_shown         INTEGER NOT NULL,
    mail_answers       INTEGER NOT NULL, -- 0 reject, 1 deliver
    mail_login_links   INTEGER NOT NULL,
    mail_portal_url    TEXT NOT NULL,
    mail_colour        TEXT NOT NULL,
    mail_logo_url      TEXT NOT NULL,
    mail_footer        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    id         BLOB PRIMARY KEY,
    firm       BLOB NOT NULL REFERENCES firms (id),
    label      TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_of_firm ON api_keys (firm, created_ms, id);

CREATE TABLE revoked_tokens (
    firm       BLOB NOT NULL,
    id         BLOB NOT NULL,
    expires_ms INTEGER NOT NULL,
    -- The firm comes first: it says itself which ids it means.
    PRIMARY KEY (firm, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_ms);

-- Which node does what one node does for all of them, and until when.
CREATE TABLE leases (
    job      INTEGER PRIMARY KEY,
    holder   BLOB NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    id             BLOB PRIMARY KEY,
    firm           BLOB NOT NULL REFERENCES firms (id),
    name           TEXT NOT NULL,
    email          TEXT NOT NULL,
    role           INTEGER NOT NULL, -- 0 owner, 1 admin, 2 member
    rights         INTEGER NOT NULL, -- bits: 1 view_all_accounts, 2 documents, 4 templates, 8 organizers
    active         INTEGER NOT NULL,
    language       INTEGER NOT NULL,
    time_zone      TEXT NOT NULL,
    channels       INTEGER NOT NULL, -- two bits a kind of inbox item: inbox, email
    quiet_from     INTEGER NOT NULL DEFAULT 0, -- minutes of the day
    quiet_to       INTEGER NOT NULL DEFAULT 0,
    digest_min     INTEGER NOT NULL DEFAULT 0,
    tokens_from_ms INTEGER NOT NULL  -- tokens issued before are void
) STRICT, WITHOUT ROWID;
CREATE INDEX members_of_firm ON members (firm, name, id);
CREATE UNIQUE INDEX owner_of_firm ON members (firm) WHERE role = 0;

CREATE TABLE accounts (
    id        BLOB PRIMARY KEY,
    firm      BLOB NOT NULL REFERENCES firms (id),
    name      TEXT NOT NULL,
    time_zone TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_of_firm ON accounts (firm, name, id);

CREATE TABLE assignments (
    account BLOB NOT NULL REFERENCES accounts (id),
    member  BLOB NOT NULL REFERENCES members (id),
    PRIMARY KEY (account, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX assignments_of_member ON assignments (member, account);

CREATE TABLE contacts (
    id             BLOB PRIMARY KEY,
    firm           BLOB NOT NULL REFERENCES firms (id),
    account        BLOB NOT NULL REFERENCES accounts (id),
    name           TEXT NOT NULL,
    email          TEXT NOT NULL,
    notify         INTEGER NOT NULL,
    state          INTEGER NOT NULL, -- 0 none, 1 invited, 2 active
    language       INTEGER NOT NULL,
    time_zone      TEXT NOT NULL,
    quiet_from     INTEGER NOT NULL DEFAULT 0,
    quiet_to       INTEGER NOT NULL DEFAULT 0,
    tokens_from_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_of_account ON contacts (account, name, id);
CREATE INDEX contacts_of_firm ON contacts (firm, name, id);
-- Whether somebody is a contact of several accounts.
CREATE INDEX contacts_by_email ON contacts (firm, email);

CREATE TABLE threads (
    num              INTEGER PRIMARY KEY,
    id               BLOB NOT NULL UNIQUE,
    firm             BLOB NOT NULL,
    account          BLOB NOT NULL,
    subject          TEXT NOT NULL,
    creator_kind     INTEGER NOT NULL,
    creator          BLOB NOT NULL,
    created_ms       INTEGER NOT NULL,
    head             INTEGER NOT NULL,
    messages         INTEGER NOT NULL,
    last_ms          INTEGER NOT NULL,
    last_author_kind INTEGER NOT NULL,
    last_author      BLOB NOT NULL,
    last_message     INTEGER NOT NULL, -- seq of the last message, whose beginning the excerpt is
    excerpt          TEXT NOT NULL,
    archived         INTEGER NOT NULL,
    tasks_open       INTEGER NOT NULL,
    tasks_total      INTEGER NOT NULL,
    reminder_on      INTEGER NOT NULL,
    reminder_days    INTEGER NOT NULL,
    reminder_count   INTEGER NOT NULL,
    show_content     INTEGER,          -- whether emails do; NULL: as the firm has it
    waiting_ms       INTEGER NOT NULL, -- of the last message, or of the last resending
    firm_seq         INTEGER NOT NULL, -- the last message of the firm; 0 for none
    client_seq       INTEGER NOT NULL, -- and of the client
    look_ms          INTEGER,          -- when somebody may be due an email
    looked_seq       INTEGER NOT NULL, -- up to here it was decided for all contacts
    remind_ms        INTEGER,          -- when a reminder is due, if one is pending
    remind_from_ms   INTEGER NOT NULL, -- from when its days are counted
    remind_by        BLOB,             -- the member in whose name
    reminders_sent   INTEGER NOT NULL, -- in this cycle
    reminder_warned  INTEGER NOT NULL  -- whether the team knows that nobody gets them
) STRICT;
CREATE INDEX threads_to_look_at ON threads (look_ms) WHERE look_ms IS NOT NULL;
CREATE INDEX threads_to_remind ON threads (remind_ms) WHERE remind_ms IS NOT NULL;
-- With the number of messages, so that they are summed over a firm by the index alone; a post moves
-- its entry anyway.
CREATE INDEX threads_of_firm ON threads (firm, last_ms, num, messages);
-- Not by time: an account has few threads, and every post would move its entry.
CREATE INDEX threads_of_account ON threads (account);

-- The log. Kind is the variant number of the payload, which is postcard.
CREATE TABLE events (
    thread     INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL,
    actor_kind INTEGER NOT NULL,
    actor      BLOB NOT NULL,
    messages   INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    payload    BLOB NOT NULL,
    client_key BLOB,
    UNIQUE (thread, seq)
) STRICT;
-- One key of a person is one event. The key comes first: those of clients that make them in order of
-- time (UUID version 7) are then entered side by side. With a million messages stored, a batch of 50
-- with random keys writes 247 pages, one with such keys 147.
CREATE UNIQUE INDEX events_by_key ON events (client_key, actor) WHERE client_key IS NOT NULL;
-- A thread has few of these among many messages. Kinds as in rows.rs, and written in queries as
-- here: the planner compares words, not meanings.
CREATE INDEX events_of_tasks ON events (thread, seq) WHERE kind BETWEEN 4 AND 9;
CREATE INDEX events_of_edits ON events (thread, seq) WHERE kind = 2;

-- One row for everybody who has read, acted, follows or was mentioned in a thread; and for who has
-- muted it, or was to be told of it, and takes no part.
CREATE TABLE participants (
    thread        INTEGER NOT NULL,
    person_kind   INTEGER NOT NULL,
    person        BLOB NOT NULL,
    read_seq      INTEGER NOT NULL, -- the receipt: 0 for nothing read
    read_messages INTEGER NOT NULL, -- messages up to there
    read_ms       INTEGER NOT NULL, -- when that was; of who has read nothing, when it acted first
    following     INTEGER NOT NULL,
    mentioned     INTEGER NOT NULL, -- gives access to the thread
    muted         INTEGER NOT NULL, -- no emails of what happens in it
    -- What a member is to be told of by email and was not decided yet: the first event of it, the
    -- last one, since when, and bits of kinds of inbox items, 0 for nothing, with one for the owner who
    -- stands in for followers. A mail that failed is no
    -- event. What contacts are told of is seen from the log.
    mail_seq      INTEGER NOT NULL,
    mail_to       INTEGER NOT NULL,
    mail_ms       INTEGER NOT NULL,
    mail_kinds    INTEGER NOT NULL,
    PRIMARY KEY (thread, person)
) STRICT, WITHOUT ROWID;
-- Without what a receipt changes: a row is entered once, and reading doesn't move its entry.
CREATE INDEX participants_of_person ON participants (person, thread);
CREATE INDEX participants_mentioned ON participants (person, thread) WHERE mentioned = 1;

CREATE TABLE tasks (
    thread       INTEGER NOT NULL,
    task         INTEGER NOT NULL, -- seq of the event that added it
    position     INTEGER NOT NULL,
    text         TEXT NOT NULL,
    done_by_kind INTEGER,
    done_by      BLOB,
    done_ms      INTEGER,
    PRIMARY KEY (thread, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
    member     BLOB NOT NULL,
    thread     INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    actor_kind INTEGER NOT NULL,
    actor      BLOB NOT NULL,
    seq        INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL,
    archived   INTEGER NOT NULL,
    PRIMARY KEY (member, thread)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_by_time ON inbox (member, archived, at_ms, thread);

-- Who is told of what by email: what waits, and the ledger of what was decided.
CREATE TABLE notices (
    id          BLOB PRIMARY KEY,
    firm        BLOB NOT NULL,
    thread      INTEGER,          -- NULL: about none
    person_kind INTEGER NOT NULL,
    person      BLOB NOT NULL,
    kind        INTEGER NOT NULL,
    detail      INTEGER NOT NULL, -- a reminder: which one; a member: bits of kinds of inbox items;
                                  -- an answer by email: why it was refused
    from_seq    INTEGER NOT NULL,
    to_seq      INTEGER NOT NULL,
    created_ms  INTEGER NOT NULL,
    due_ms      INTEGER NOT NULL,
    next_ms     INTEGER NOT NULL, -- when it is taken: due, tried again, or its holder is given up
    digest      INTEGER NOT NULL, -- goes in one mail with all others of its person that wait
    state       INTEGER NOT NULL, -- 0 waiting, 1 sent, 2 dropped, 3 failed
    reason      INTEGER,
    mail        BLOB,             -- the mail it goes in: the id of the first notice of that
    mail_ms     INTEGER,          -- the date of that mail
    message_id  TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    holder      BLOB,             -- who is at it
    answer      TEXT NOT NULL,
    settled_ms  INTEGER,
    used_ms     INTEGER           -- when its link has logged somebody in
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_waiting ON notices (next_ms, id) WHERE state = 0;
CREATE INDEX logins_waiting ON notices (next_ms, id) WHERE state = 0 AND kind = 4;
-- A person has few that wait, among many that are settled.
CREATE INDEX notices_growing ON notices (person, mail, thread) WHERE state = 0;
CREATE INDEX notices_of_thread ON notices (thread, person, to_seq);
CREATE INDEX notices_of_person ON notices (person, created_ms, id);
CREATE INDEX notices_of_firm ON notices (firm, created_ms, id);
CREATE INDEX notices_by_age ON notices (created_ms) WHERE state <> 0;
