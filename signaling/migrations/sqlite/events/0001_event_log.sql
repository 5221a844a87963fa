-- The event log: one row for each meeting, one for each event with the exact
-- bytes that the hash chain covers, and beside it the personal values that the
-- bytes hold only as commitments.
CREATE TABLE meetings (
    id        TEXT    NOT NULL PRIMARY KEY,
    branch    TEXT    NOT NULL,
    opened_at INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    meeting TEXT    NOT NULL REFERENCES meetings (id),
    branch  TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    hash    BLOB    NOT NULL,
    PRIMARY KEY (meeting, branch, seq)
) STRICT;

CREATE TABLE personal (
    meeting TEXT    NOT NULL,
    branch  TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    field   TEXT    NOT NULL,
    salt    BLOB    NOT NULL,
    value   TEXT    NOT NULL,
    PRIMARY KEY (meeting, branch, seq, field),
    FOREIGN KEY (meeting, branch, seq) REFERENCES events (meeting, branch, seq)
) STRICT;

-- Written by the readiness check alone.
CREATE TABLE probe (
    id     INTEGER NOT NULL PRIMARY KEY,
    at     INTEGER NOT NULL,
    filler BLOB
) STRICT;
