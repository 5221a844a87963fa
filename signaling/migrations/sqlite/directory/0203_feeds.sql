-- Personal calendars that programs read by a secret address; of the secret only
-- its hash is kept.
CREATE TABLE feeds (
    kind   TEXT NOT NULL,
    id     TEXT NOT NULL,
    secret TEXT NOT NULL UNIQUE,
    PRIMARY KEY (kind, id)
) STRICT;
