-- With which units archives of meetings are shared, and until when.
CREATE TABLE archive_shares (
    id         TEXT    NOT NULL PRIMARY KEY,
    meeting    TEXT    NOT NULL,
    unit       TEXT    NOT NULL,
    shared_by  TEXT    NOT NULL,
    at         BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
);

CREATE INDEX archive_shares_of_meeting ON archive_shares (meeting);

-- What units put around their minutes.
CREATE TABLE minutes_templates (
    unit     TEXT    NOT NULL PRIMARY KEY,
    version  BIGINT  NOT NULL,
    template BYTEA   NOT NULL
);
