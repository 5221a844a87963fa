-- What meetings are made after, beside what is built in.
CREATE TABLE templates (
    id       TEXT    NOT NULL PRIMARY KEY,
    version  BIGINT NOT NULL,
    template BYTEA   NOT NULL
);
