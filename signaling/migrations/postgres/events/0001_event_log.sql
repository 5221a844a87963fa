-- The event log: one row for each meeting, one for each event with the exact
-- bytes that the hash chain covers, and beside it the personal values that the
-- bytes hold only as commitments.
CREATE TABLE meetings (
    id        TEXT   NOT NULL PRIMARY KEY,
    branch    TEXT   NOT NULL,
    opened_at BIGINT NOT NULL,
    -- The epoch of the last claim. Whoever claimed earlier cannot append.
    epoch     BIGINT NOT NULL,
    -- Whether the meeting must be opened when the server starts.
    occupied  BIGINT NOT NULL
);

CREATE TABLE events (
    meeting TEXT   NOT NULL REFERENCES meetings (id),
    branch  TEXT   NOT NULL,
    seq     BIGINT NOT NULL,
    bytes   BYTEA  NOT NULL,
    hash    BYTEA  NOT NULL,
    PRIMARY KEY (meeting, branch, seq)
);

CREATE TABLE personal (
    meeting TEXT   NOT NULL,
    branch  TEXT   NOT NULL,
    seq     BIGINT NOT NULL,
    field   TEXT   NOT NULL,
    salt    BYTEA  NOT NULL,
    value   TEXT   NOT NULL,
    PRIMARY KEY (meeting, branch, seq, field),
    FOREIGN KEY (meeting, branch, seq) REFERENCES events (meeting, branch, seq)
);

-- Written by the readiness check alone.
CREATE TABLE probe (
    id     BIGINT NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    filler BYTEA
);
