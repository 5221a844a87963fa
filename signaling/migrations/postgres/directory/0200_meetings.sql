-- Meetings that are planned, and how those who are invited are written to.

-- What is planned stands in `plan`, and who is invited in `invitees`, as JSON;
-- beside them stands what is looked for.
CREATE TABLE meetings (
    id        TEXT    NOT NULL PRIMARY KEY,
    version   BIGINT NOT NULL,
    state     TEXT    NOT NULL,
    host_unit TEXT    NOT NULL,
    series    TEXT,
    opens_at  BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    remind_at BIGINT,
    invited   BIGINT NOT NULL,
    sites     BIGINT NOT NULL,
    plan      BYTEA   NOT NULL,
    invitees  BYTEA   NOT NULL
);

CREATE INDEX meetings_by_start ON meetings (starts_at, id);
CREATE INDEX meetings_by_series ON meetings (series, starts_at);

-- Places whose invitations are good no more.
CREATE TABLE withdrawn (
    meeting     TEXT NOT NULL REFERENCES meetings (id),
    participant TEXT NOT NULL,
    PRIMARY KEY (meeting, participant)
);

-- Of units, sites and people.
CREATE TABLE contacts (
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL,
    email    TEXT,
    phone    TEXT,
    language TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
