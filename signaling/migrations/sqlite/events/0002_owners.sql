-- Who owns a meeting, and whether it must be opened when the server starts.
-- Neither is part of the log: the epoch of a claim stands here before the
-- owner reads the log, and `occupied` only says where to look first. What was
-- written by an older build is looked at once.
ALTER TABLE meetings ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meetings ADD COLUMN occupied INTEGER NOT NULL DEFAULT 1;
