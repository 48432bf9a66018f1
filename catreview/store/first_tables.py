"""The tables of version 0.1, as the first migration makes them."""

from __future__ import annotations

FIRST_TABLES = (
    # AUTOINCREMENT: a number stands for one example for ever, also in logs and exports.
    """CREATE TABLE example (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        conversation TEXT NOT NULL,
        turn INTEGER NOT NULL,
        speaker TEXT NOT NULL,
        previous TEXT NOT NULL,
        text TEXT NOT NULL,
        gold TEXT
    )""",
    "CREATE INDEX example_conversation ON example (conversation, turn) WHERE conversation <> ''",
    "CREATE INDEX example_gold ON example (gold) WHERE gold IS NOT NULL",
    """CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        parameters TEXT NOT NULL,
        seed INTEGER,
        started TEXT NOT NULL,
        ended TEXT,
        status TEXT NOT NULL,
        results TEXT
    )""",
    """CREATE TABLE source (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        active INTEGER NOT NULL DEFAULT 1,
        created TEXT NOT NULL,
        UNIQUE (kind, name, fingerprint)
    )""",
    """CREATE TABLE vote (
        example INTEGER NOT NULL REFERENCES example (number),
        source INTEGER NOT NULL REFERENCES source (id),
        category TEXT NOT NULL,
        confidence REAL CHECK (confidence BETWEEN 0 AND 1),
        PRIMARY KEY (example, source)
    ) WITHOUT ROWID""",
    "CREATE INDEX vote_source ON vote (source)",
    """CREATE TABLE tally (
        example INTEGER PRIMARY KEY REFERENCES example (number),
        votes INTEGER NOT NULL,
        categories INTEGER NOT NULL
    )""",
    """CREATE TABLE label (
        example INTEGER PRIMARY KEY REFERENCES example (number),
        category TEXT NOT NULL,
        confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
        basis TEXT NOT NULL,
        source INTEGER NOT NULL REFERENCES source (id)
    )""",
    """CREATE TABLE review (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        example INTEGER NOT NULL REFERENCES example (number),
        reviewer TEXT NOT NULL,
        action TEXT NOT NULL,
        category TEXT,
        proposed TEXT,
        note TEXT,
        queue TEXT,
        reason TEXT,
        seconds REAL,
        undoes INTEGER REFERENCES review (id),
        at TEXT NOT NULL
    )""",
    "CREATE INDEX review_example ON review (example)",
    "CREATE UNIQUE INDEX review_undoes ON review (undoes) WHERE undoes IS NOT NULL",
    """CREATE TRIGGER review_is_append_only BEFORE UPDATE ON review
        BEGIN SELECT RAISE(ABORT, 'review is append-only: undo appends'); END""",
    """CREATE TRIGGER review_is_kept BEFORE DELETE ON review
        BEGIN SELECT RAISE(ABORT, 'review is append-only: nothing is deleted'); END""",
    """CREATE TABLE request (
        id INTEGER PRIMARY KEY,
        run INTEGER REFERENCES run (id),
        source INTEGER NOT NULL REFERENCES source (id),
        model TEXT NOT NULL,
        prompt TEXT NOT NULL,
        examples TEXT NOT NULL,
        labelled INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        status TEXT NOT NULL,
        prompt_tokens INTEGER,
        completion_tokens INTEGER,
        cost REAL,
        latency REAL,
        error TEXT,
        at TEXT NOT NULL
    )""",
    "CREATE INDEX request_at ON request (at)",
    """CREATE TABLE lease (
        example INTEGER NOT NULL REFERENCES example (number),
        source INTEGER NOT NULL REFERENCES source (id),
        holder TEXT NOT NULL,
        expires REAL NOT NULL,
        PRIMARY KEY (example, source)
    ) WITHOUT ROWID""",
    """CREATE TABLE set_aside (
        example INTEGER NOT NULL REFERENCES example (number),
        source INTEGER NOT NULL REFERENCES source (id),
        reason TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (example, source)
    ) WITHOUT ROWID""",
    # For people with an SQLite tool in hand: the same rows with names for numbers.
    """CREATE VIEW votes_by_name AS
        SELECT example.id AS example, source.kind, source.name AS source, vote.category,
               vote.confidence, example.text
        FROM vote JOIN source ON source.id = vote.source
        JOIN example ON example.number = vote.example""",
    """CREATE VIEW labels_by_name AS
        SELECT example.id AS example, label.category, round(label.confidence, 3) AS confidence,
               label.basis, source.name AS source, example.text
        FROM label JOIN source ON source.id = label.source
        JOIN example ON example.number = label.example""",
    """CREATE VIEW reviews_by_name AS
        SELECT review.id, example.id AS example, review.reviewer, review.action, review.category,
               review.proposed, review.note, review.queue, review.undoes, review.at, example.text
        FROM review JOIN example ON example.number = review.example""",
)
