-- Accounts of people, where they are signed in, and tokens of programs. No
-- secret stands here in the clear: passwords are hashed by argon2id, random
-- secrets by SHA-256, and the secrets of authenticators are sealed.

CREATE TABLE accounts (
    id          TEXT    NOT NULL PRIMARY KEY,
    person      TEXT    NOT NULL UNIQUE,
    login       TEXT    NOT NULL UNIQUE,
    password    TEXT,
    totp        BYTEA,
    totp_new    BYTEA,
    totp_step   BIGINT  NOT NULL,
    issuer      TEXT,
    subject     TEXT,
    created_at  BIGINT  NOT NULL,
    disabled_at BIGINT,
    version     BIGINT  NOT NULL,
    UNIQUE (issuer, subject)
);

-- A role in a unit and below it, at a site, or, with neither, everywhere.
CREATE TABLE grants (
    account  TEXT    NOT NULL REFERENCES accounts (id),
    number   BIGINT  NOT NULL,
    role     TEXT    NOT NULL,
    unit     TEXT,
    site     TEXT,
    PRIMARY KEY (account, number)
);

CREATE TABLE recovery_codes (
    account TEXT    NOT NULL REFERENCES accounts (id),
    hash    BYTEA   NOT NULL,
    PRIMARY KEY (account, hash)
);

-- Links at which a password is chosen, once.
CREATE TABLE password_links (
    hash       BYTEA   NOT NULL PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES accounts (id),
    expires_at BIGINT  NOT NULL
);

CREATE TABLE sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES accounts (id),
    hash       BYTEA   NOT NULL UNIQUE,
    method     TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    seen_at    BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    address    TEXT    NOT NULL,
    browser    TEXT    NOT NULL
);

CREATE INDEX sessions_of_account ON sessions (account);

CREATE TABLE api_tokens (
    id         TEXT    NOT NULL PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES accounts (id),
    hash       BYTEA   NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,
    unit       TEXT,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    used_at    BIGINT 
);

CREATE INDEX api_tokens_of_account ON api_tokens (account);
