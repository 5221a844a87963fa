-- Accounts of people, where they are signed in, and tokens of programs. No
-- secret stands here in the clear: passwords are hashed by argon2id, random
-- secrets by SHA-256, and the secrets of authenticators are sealed.

CREATE TABLE accounts (
    id          TEXT    NOT NULL PRIMARY KEY,
    person      TEXT    NOT NULL UNIQUE,
    login       TEXT    NOT NULL UNIQUE,
    password    TEXT,
    totp        BLOB,
    totp_new    BLOB,
    totp_step   INTEGER NOT NULL,
    issuer      TEXT,
    subject     TEXT,
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER,
    version     INTEGER NOT NULL,
    UNIQUE (issuer, subject)
) STRICT;

-- A role in a unit and below it, at a site, or, with neither, everywhere.
CREATE TABLE grants (
    account  TEXT    NOT NULL REFERENCES accounts (id),
    number   INTEGER NOT NULL,
    role     TEXT    NOT NULL,
    unit     TEXT,
    site     TEXT,
    PRIMARY KEY (account, number)
) STRICT;

CREATE TABLE recovery_codes (
    account TEXT    NOT NULL REFERENCES accounts (id),
    hash    BLOB    NOT NULL,
    PRIMARY KEY (account, hash)
) STRICT;

-- Links at which a password is chosen, once.
CREATE TABLE password_links (
    hash       BLOB    NOT NULL PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES accounts (id),
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES accounts (id),
    hash       BLOB    NOT NULL UNIQUE,
    method     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address    TEXT    NOT NULL,
    browser    TEXT    NOT NULL
) STRICT;

CREATE INDEX sessions_of_account ON sessions (account);

CREATE TABLE api_tokens (
    id         TEXT    NOT NULL PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES accounts (id),
    hash       BLOB    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,
    unit       TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;

CREATE INDEX api_tokens_of_account ON api_tokens (account);
