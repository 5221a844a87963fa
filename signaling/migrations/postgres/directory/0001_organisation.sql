-- The organisation, the record of what was done to it, and the answers to
-- requests that may come twice.

-- One row: the version of the organisation, and where the audit log stands.
CREATE TABLE state (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version    BIGINT NOT NULL,
    audit_seq  BIGINT NOT NULL,
    audit_hash BYTEA    NOT NULL
);

CREATE TABLE tiers (
    depth BIGINT NOT NULL PRIMARY KEY,
    id    TEXT    NOT NULL UNIQUE,
    name  TEXT    NOT NULL
);

CREATE TABLE units (
    id        TEXT    NOT NULL PRIMARY KEY,
    parent    TEXT,
    tier      TEXT    NOT NULL,
    closed_at BIGINT,
    successor TEXT,
    version   BIGINT NOT NULL
);

-- Sites have no position.
CREATE TABLE members (
    kind      TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    unit      TEXT    NOT NULL REFERENCES units (id),
    position  TEXT,
    closed_at BIGINT,
    version   BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);

-- What a unit, a site or a person was called, and when.
CREATE TABLE names (
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    number     BIGINT NOT NULL,
    name       TEXT    NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to   BIGINT,
    PRIMARY KEY (kind, id, number)
);

-- Hash-chained: the bytes are exactly those that the hash covers.
CREATE TABLE audit (
    seq   BIGINT NOT NULL PRIMARY KEY,
    bytes BYTEA    NOT NULL,
    hash  BYTEA    NOT NULL
);

CREATE TABLE answers (
    actor   TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    at      BIGINT NOT NULL,
    request BYTEA    NOT NULL,
    answer  BYTEA    NOT NULL,
    PRIMARY KEY (actor, key)
);

INSERT INTO state (id, version, audit_seq, audit_hash) VALUES (1, 0, 0, decode(repeat('00', 32), 'hex'));
INSERT INTO tiers (depth, id, name) VALUES (0, 'province', 'Cấp tỉnh'), (1, 'commune', 'Cấp xã');
