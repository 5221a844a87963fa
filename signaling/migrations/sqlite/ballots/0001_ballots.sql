-- Secret votes and their ballots. Nothing here has a time, an author or an
-- order of coming: the rows lie in the order of random tokens' hashes.
CREATE TABLE votes (
    meeting TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    options INTEGER NOT NULL,
    -- The key of the ballot papers, until the vote is sealed or cancelled.
    secret  BLOB,
    PRIMARY KEY (meeting, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE ballots (
    meeting TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    token   BLOB    NOT NULL,
    salt    BLOB    NOT NULL,
    choice  INTEGER NOT NULL,
    PRIMARY KEY (meeting, number, token)
) STRICT, WITHOUT ROWID;
