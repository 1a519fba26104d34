-- Who may send and who may look. Keys, tokens, sessions and links are kept as SHA-256 only.
CREATE TABLE source (
    id          {id},
    name        TEXT NOT NULL,
    key_hash    {bytes} NOT NULL UNIQUE,
    key_prefix  TEXT NOT NULL,
    enabled     BIGINT NOT NULL DEFAULT 1,
    created_ms  BIGINT NOT NULL
);
CREATE TABLE token (
    id          {id},
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,
    hash        {bytes} NOT NULL UNIQUE,
    expires_ms  BIGINT NOT NULL,
    created_ms  BIGINT NOT NULL
);

-- The raw log: what arrived, byte for byte. All else about events is made from it.
-- kind: how to read the body (events/raw.h); sent_ms: the envelope's own, for clock skew.
CREATE TABLE raw (
    id          {id},
    source_id   BIGINT NOT NULL,
    kind        BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,
    sent_ms     BIGINT NOT NULL,
    import_id   BIGINT NOT NULL,
    first_line  BIGINT NOT NULL,
    body        {bytes} NOT NULL
);

-- One file that is or was read in. bytes_done and the counts move in the transaction that stores the rows.
CREATE TABLE import (
    id          {id},
    kind        BIGINT NOT NULL,
    name        TEXT NOT NULL,
    state       TEXT NOT NULL,
    bytes_total BIGINT NOT NULL,
    bytes_done  BIGINT NOT NULL DEFAULT 0,
    lines_done  BIGINT NOT NULL DEFAULT 0,
    kept        BIGINT NOT NULL DEFAULT 0,
    repeated    BIGINT NOT NULL DEFAULT 0,
    rejected    BIGINT NOT NULL DEFAULT 0,
    uncounted   BIGINT NOT NULL DEFAULT 0,
    error       TEXT,
    started_ms  BIGINT NOT NULL,
    finished_ms BIGINT
);

-- What could not be staged, with its reason. digest: of source, kind, line and bytes, so that the same fault
-- sent twice stands once. header: of a CSV file, so that the record can be read again by itself.
CREATE TABLE reject (
    id          {id},
    digest      {bytes} NOT NULL UNIQUE,
    source_id   BIGINT NOT NULL,
    kind        BIGINT NOT NULL,
    import_id   BIGINT NOT NULL,
    line        BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    header      {bytes} NOT NULL,
    body        {bytes} NOT NULL,
    state       TEXT NOT NULL,
    at_ms       BIGINT NOT NULL
);
CREATE INDEX reject_state ON reject (state, id);

-- The platform rules, as the JSON that /api/v1/rules takes and gives; one row. Absent: the built-in rules.
CREATE TABLE platform_rules (
    id          BIGINT NOT NULL UNIQUE,
    rules       TEXT NOT NULL,
    changed_ms  BIGINT NOT NULL
);
