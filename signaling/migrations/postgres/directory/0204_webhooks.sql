-- Programs that are told what happens to meetings. Messages are signed with
-- the secret, so it is kept as it is.
CREATE TABLE webhooks (
    id     TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    hook   BYTEA NOT NULL
);
