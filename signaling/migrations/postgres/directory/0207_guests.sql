-- Invitations for guests, each for as many as it says, and the places that were
-- taken with them.

CREATE TABLE guest_invitations (
    id         TEXT    NOT NULL PRIMARY KEY,
    meeting    TEXT    NOT NULL,
    version    BIGINT  NOT NULL,
    note       TEXT,
    role       TEXT    NOT NULL,
    made_by    TEXT    NOT NULL,
    made_at    BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    most_uses  BIGINT ,
    revoked_by TEXT,
    revoked_at BIGINT 
);

CREATE INDEX guest_invitations_of_meeting ON guest_invitations (meeting, made_at);

CREATE TABLE guest_places (
    participant TEXT    NOT NULL PRIMARY KEY,
    invitation  TEXT    NOT NULL REFERENCES guest_invitations (id),
    taken_at    BIGINT  NOT NULL
);

CREATE INDEX guest_places_of_invitation ON guest_places (invitation);

-- Who opened a meeting that was not planned.
CREATE TABLE instant_meetings (
    id        TEXT    NOT NULL PRIMARY KEY,
    organiser TEXT    NOT NULL,
    opened_at BIGINT  NOT NULL
);
