-- Counts the times that something was taken out of the raw log; one row, none until the first time. A file of facts
-- that was made in another epoch is not of this log.
CREATE TABLE raw_epoch (
    id          BIGINT NOT NULL UNIQUE,
    epoch       BIGINT NOT NULL
);
