"""The tables, built step by step; each step runs once, in one transaction with its record."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from catreview.store.first_tables import FIRST_TABLES

migrations = Migrations("catreview")


@migrations()
def first_tables(db: Database) -> None:
    """Everything of version 0.1, and the full-text index over the messages."""
    for statement in FIRST_TABLES:
        db.execute(statement)
    db.table("example").enable_fts(["text"], create_triggers=True)


_ENDPOINT = (
    # One row for each server and model: how far its limits are used up, for all processes.
    """CREATE TABLE endpoint (
        name TEXT PRIMARY KEY,
        next_slot REAL NOT NULL DEFAULT 0,
        next_tokens REAL NOT NULL DEFAULT 0,
        held REAL NOT NULL DEFAULT 0,
        wide REAL NOT NULL DEFAULT 0,
        wide_until REAL NOT NULL DEFAULT 0,
        day TEXT NOT NULL DEFAULT '',
        used INTEGER NOT NULL DEFAULT 0,
        features TEXT
    )""",
    "ALTER TABLE request ADD COLUMN error_class TEXT",
    "CREATE INDEX request_run ON request (run)",
    "CREATE INDEX request_model ON request (model, source)",
    """CREATE TABLE batch (
        id INTEGER PRIMARY KEY,
        source INTEGER NOT NULL REFERENCES source (id),
        token TEXT NOT NULL UNIQUE,
        holder TEXT NOT NULL,
        remote TEXT,
        status TEXT NOT NULL,
        at TEXT NOT NULL
    )""",
    """CREATE TABLE batch_request (
        batch INTEGER NOT NULL REFERENCES batch (id),
        place INTEGER NOT NULL,
        examples TEXT NOT NULL,
        PRIMARY KEY (batch, place)
    ) WITHOUT ROWID""",
)


@migrations()
def endpoints_and_batches(db: Database) -> None:
    """Limits that all processes share, error classes in the ledger, and the batch API."""
    for statement in _ENDPOINT:
        db.execute(statement)


@migrations()
def reliability_of_llms(db: Database) -> None:
    """What reviews say of each LLM: the confidences that its labels are settled with."""
    db.execute(
        """CREATE TABLE reliability (
            source INTEGER PRIMARY KEY REFERENCES source (id),
            reviews INTEGER NOT NULL,
            accuracy REAL NOT NULL,
            by_category TEXT NOT NULL,
            calibrated INTEGER NOT NULL,
            slope REAL NOT NULL,
            offsets TEXT
        )"""
    )


@migrations()
def blind_reviews(db: Database) -> None:
    """Whether the reviewer decided without seeing votes and label; until now they always saw."""
    db.execute("ALTER TABLE review ADD COLUMN blind INTEGER NOT NULL DEFAULT 0")


@migrations()
def switches_and_redo(db: Database) -> None:
    """Functions can be switched off; an act can be undone, redone and undone again."""
    db.execute("CREATE TABLE switched_off (name TEXT PRIMARY KEY, at TEXT NOT NULL)")
    db.execute("DROP INDEX review_undoes")
    db.execute("CREATE INDEX review_undoes ON review (undoes, id) WHERE undoes IS NOT NULL")


@migrations()
def what_reliabilities_rest_on(db: Database) -> None:
    """Whether an LLM was measured on a random sample, on any reviews, or likened to others."""
    db.execute("ALTER TABLE reliability ADD COLUMN learned_from TEXT NOT NULL DEFAULT 'prior'")
    # Twenty reviews: from there on accuracies have been learned until now.
    db.execute("UPDATE reliability SET learned_from = 'reviews' WHERE reviews >= 20")


@migrations()
def bulk_reviews(db: Database) -> None:
    """Which rows of the log are one act on many examples; until now each was looked at."""
    db.execute("ALTER TABLE review ADD COLUMN bulk INTEGER")
    db.execute("CREATE INDEX review_bulk ON review (bulk) WHERE bulk IS NOT NULL")
    db.execute("DROP VIEW reviews_by_name")
    db.execute(
        """CREATE VIEW reviews_by_name AS
        SELECT review.id, example.id AS example, review.reviewer, review.action, review.category,
               review.proposed, review.note, review.queue, review.undoes, review.at, example.text,
               review.blind, review.bulk
        FROM review JOIN example ON example.number = review.example"""
    )


@migrations()
def queue_orders(db: Database) -> None:
    """The order of each queue, so that a large one opens at once; counts of today by index."""
    db.execute(
        """CREATE TABLE queue_order (
            queue TEXT PRIMARY KEY,
            examples BLOB NOT NULL,
            why BLOB NOT NULL,
            reasons TEXT NOT NULL,
            basis TEXT NOT NULL,
            reviews INTEGER NOT NULL,
            at TEXT NOT NULL
        )"""
    )
    db.execute("CREATE INDEX review_reviewer ON review (reviewer, at)")


@migrations()
def leases_by_holder(db: Database) -> None:
    """A review app renews and gives back its few leases at each key, however many jobs hold."""
    db.execute("CREATE INDEX lease_holder ON lease (holder)")


@migrations()
def errors_of_all_sources(db: Database) -> None:
    """What the label rule that weighs all sources has learned of each one's errors."""
    db.execute(
        """CREATE TABLE error_rate (
            source INTEGER NOT NULL REFERENCES source (id),
            answer TEXT NOT NULL,
            sure INTEGER NOT NULL,
            category TEXT NOT NULL,
            rate REAL NOT NULL,
            PRIMARY KEY (source, answer, sure, category)
        ) WITHOUT ROWID"""
    )
    db.execute("CREATE TABLE category_share (category TEXT PRIMARY KEY, share REAL NOT NULL)")


@migrations()
def memory_of_endpoints_fades(db: Database) -> None:
    """When an endpoint was found to take what it takes, in Unix seconds; until now is long ago."""
    db.execute("ALTER TABLE endpoint ADD COLUMN features_at REAL NOT NULL DEFAULT 0")


@migrations()
def labels_beside_runs(db: Database) -> None:
    """How many labels of each basis there were when a run ended; unknown of those before."""
    db.execute("ALTER TABLE run ADD COLUMN labels TEXT")


@migrations()
def marks_of_what_is_stale(db: Database) -> None:
    """What a job has yet to derive anew; of the jobs before, each did all in one transaction."""
    db.execute(
        """CREATE TABLE unsettled (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            what TEXT NOT NULL,
            at TEXT NOT NULL
        )"""
    )


@migrations()
def acts_and_labels_by_what_they_say(db: Database) -> None:
    """What opening a queue, a cell of the dashboard and counting labels look for, by index."""
    db.execute("CREATE INDEX review_act ON review (action, queue, example)")
    db.execute("CREATE INDEX label_category ON label (category, basis)")


@migrations()
def vectors_of_an_encoder(db: Database) -> None:
    """What a pretrained encoder says of examples, so that it reads each of them once."""
    example = "example INTEGER PRIMARY KEY REFERENCES example (number)"
    db.execute(f"CREATE TABLE vector ({example}, encoder TEXT NOT NULL, data BLOB NOT NULL)")


@migrations()
def words_by_their_beginnings(db: Database) -> None:
    """The full-text index has beginnings of one to three letters: found as fast as words."""
    db.execute("DROP TABLE example_fts")
    db.execute("CREATE VIRTUAL TABLE example_fts USING fts5(text, content=example, prefix='1 2 3')")
    db.execute("INSERT INTO example_fts (example_fts) VALUES ('rebuild')")


@migrations()
def gold_that_files_give(db: Database) -> None:
    """What a file gave as gold, so that it stays when a decision is undone.

    Until now it is the gold that no decision in the queue `gold` accounts for.
    """
    db.execute("ALTER TABLE example ADD COLUMN gold_given TEXT")
    db.execute(
        """UPDATE example SET gold_given = gold WHERE gold IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM review WHERE review.example = example.number
            AND review.queue = 'gold' AND review.category = example.gold)"""
    )


@migrations()
def imports_that_can_be_taken_back(db: Database) -> None:
    """Which messages an import added; of imports until now that is not known."""
    db.execute(
        """CREATE TABLE import (
            id INTEGER PRIMARY KEY,
            file TEXT NOT NULL,
            holder TEXT NOT NULL,
            at TEXT NOT NULL,
            before INTEGER NOT NULL,
            last INTEGER,
            added INTEGER
        )"""
    )


@migrations()
def clocks_that_are_set_back(db: Database) -> None:
    """When a lease was taken and a request let through, in Unix seconds; until now is long ago."""
    for table in ("lease", "endpoint"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN at REAL NOT NULL DEFAULT 0")
