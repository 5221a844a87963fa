-- Meetings that are planned, and how those who are invited are written to.

-- What is planned stands in `plan`, and who is invited in `invitees`, as JSON;
-- beside them stands what is looked for.
CREATE TABLE meetings (
    id        TEXT    NOT NULL PRIMARY KEY,
    version   INTEGER NOT NULL,
    state     TEXT    NOT NULL,
    host_unit TEXT    NOT NULL,
    series    TEXT,
    opens_at  INTEGER NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    remind_at INTEGER,
    invited   INTEGER NOT NULL,
    sites     INTEGER NOT NULL,
    plan      BLOB    NOT NULL,
    invitees  BLOB    NOT NULL
) STRICT;

CREATE INDEX meetings_by_start ON meetings (starts_at, id);
CREATE INDEX meetings_by_series ON meetings (series, starts_at);

-- Places whose invitations are good no more.
CREATE TABLE withdrawn (
    meeting     TEXT NOT NULL REFERENCES meetings (id),
    participant TEXT NOT NULL,
    PRIMARY KEY (meeting, participant)
) STRICT;

-- Of units, sites and people.
CREATE TABLE contacts (
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL,
    email    TEXT,
    phone    TEXT,
    language TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;
