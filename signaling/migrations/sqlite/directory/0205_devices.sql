-- Devices of halls: what asks to be paired, what is paired, and the places in
-- meetings to which the devices of a site go by themselves.

-- The code is shown on the hall's screen; the hash is of the device's cookie.
CREATE TABLE pairings (
    code       TEXT    NOT NULL PRIMARY KEY,
    hash       BLOB    NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE hall_devices (
    id         TEXT    NOT NULL PRIMARY KEY,
    site       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    paired_at  INTEGER NOT NULL,
    paired_by  TEXT    NOT NULL,
    seen_at    INTEGER
) STRICT;

CREATE INDEX hall_devices_of_site ON hall_devices (site);

-- What an invitation of a site says, without its signature.
CREATE TABLE site_places (
    site        TEXT    NOT NULL,
    meeting     TEXT    NOT NULL,
    participant TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    name        TEXT,
    unit        TEXT,
    handed_at   INTEGER NOT NULL,
    PRIMARY KEY (site, meeting)
) STRICT;
