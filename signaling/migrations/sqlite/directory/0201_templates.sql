-- What meetings are made after, beside what is built in.
CREATE TABLE templates (
    id       TEXT    NOT NULL PRIMARY KEY,
    version  INTEGER NOT NULL,
    template BLOB    NOT NULL
) STRICT;
