-- Invitations for guests, each for as many as it says, and the places that were
-- taken with them.

CREATE TABLE guest_invitations (
    id         TEXT    NOT NULL PRIMARY KEY,
    meeting    TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    note       TEXT,
    role       TEXT    NOT NULL,
    made_by    TEXT    NOT NULL,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    most_uses  INTEGER,
    revoked_by TEXT,
    revoked_at INTEGER
) STRICT;

CREATE INDEX guest_invitations_of_meeting ON guest_invitations (meeting, made_at);

CREATE TABLE guest_places (
    participant TEXT    NOT NULL PRIMARY KEY,
    invitation  TEXT    NOT NULL REFERENCES guest_invitations (id),
    taken_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX guest_places_of_invitation ON guest_places (invitation);

-- Who opened a meeting that was not planned.
CREATE TABLE instant_meetings (
    id        TEXT    NOT NULL PRIMARY KEY,
    organiser TEXT    NOT NULL,
    opened_at INTEGER NOT NULL
) STRICT;
