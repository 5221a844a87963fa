-- What is to be sent, in the order of each stream, and what became of it. The
-- content is emptied once it is sent: it holds personal links.
CREATE TABLE outgoing (
    id         BIGINT NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL,
    stream     TEXT    NOT NULL,
    meeting    TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    content    BYTEA   NOT NULL,
    state      TEXT    NOT NULL,
    created_at BIGINT NOT NULL,
    next_at    BIGINT NOT NULL,
    attempts   BIGINT NOT NULL,
    sent_at    BIGINT,
    error      TEXT
);

CREATE INDEX outgoing_by_state ON outgoing (state, kind, next_at);
CREATE INDEX outgoing_by_stream ON outgoing (stream, id);
CREATE INDEX outgoing_by_meeting ON outgoing (meeting, id);
