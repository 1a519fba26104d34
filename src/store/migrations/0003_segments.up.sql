-- Saved segments: filters, and cohorts (lists of persons). definition: as report/segment_rule.h writes it; digest: the
-- SHA-256 of it.
CREATE TABLE segment (
    id          {id},
    name        TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    definition  TEXT NOT NULL,
    digest      {bytes} NOT NULL,
    created_ms  BIGINT NOT NULL,
    changed_ms  BIGINT NOT NULL
);
