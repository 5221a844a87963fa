-- The organisation, the record of what was done to it, and the answers to
-- requests that may come twice.

-- One row: the version of the organisation, and where the audit log stands.
CREATE TABLE state (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version    INTEGER NOT NULL,
    audit_seq  INTEGER NOT NULL,
    audit_hash BLOB    NOT NULL
) STRICT;

CREATE TABLE tiers (
    depth INTEGER NOT NULL PRIMARY KEY,
    id    TEXT    NOT NULL UNIQUE,
    name  TEXT    NOT NULL
) STRICT;

CREATE TABLE units (
    id        TEXT    NOT NULL PRIMARY KEY,
    parent    TEXT,
    tier      TEXT    NOT NULL,
    closed_at INTEGER,
    successor TEXT,
    version   INTEGER NOT NULL
) STRICT;

-- Sites have no position.
CREATE TABLE members (
    kind      TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    unit      TEXT    NOT NULL REFERENCES units (id),
    position  TEXT,
    closed_at INTEGER,
    version   INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;

-- What a unit, a site or a person was called, and when.
CREATE TABLE names (
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to   INTEGER,
    PRIMARY KEY (kind, id, number)
) STRICT;

-- Hash-chained: the bytes are exactly those that the hash covers.
CREATE TABLE audit (
    seq   INTEGER NOT NULL PRIMARY KEY,
    bytes BLOB    NOT NULL,
    hash  BLOB    NOT NULL
) STRICT;

CREATE TABLE answers (
    actor   TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    request BLOB    NOT NULL,
    answer  BLOB    NOT NULL,
    PRIMARY KEY (actor, key)
) STRICT;

INSERT INTO state (id, version, audit_seq, audit_hash) VALUES (1, 0, 0, zeroblob(32));
INSERT INTO tiers (depth, id, name) VALUES (0, 'province', 'Cấp tỉnh'), (1, 'commune', 'Cấp xã');
