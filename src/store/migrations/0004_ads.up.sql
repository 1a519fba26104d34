-- What ad platforms say: campaigns, their ads, their days. Money is in millionths of `currency`, days are days since
-- 1970-01-01 in the account's zone. NULL: not said, which is not 0.

-- A channel of the dashboard; platform: the value of the events' platform that it stands for, '' for none.
CREATE TABLE channel (
    id          {id},
    name        TEXT NOT NULL UNIQUE,
    platform    TEXT NOT NULL,
    created_ms  BIGINT NOT NULL
);

-- A connected platform. settings: JSON of what is no secret; secret: JSON of the others, encrypted.
CREATE TABLE connection (
    id          {id},
    adapter     TEXT NOT NULL,
    name        TEXT NOT NULL UNIQUE,
    settings    TEXT NOT NULL,
    secret      {bytes} NOT NULL,
    state       TEXT NOT NULL,
    message     TEXT NOT NULL,
    pulled_day  BIGINT,
    restated_day BIGINT,
    pulled_ms   BIGINT,
    created_ms  BIGINT NOT NULL,
    changed_ms  BIGINT NOT NULL
);

-- Whose campaigns: an account of a platform, pulled or from files.
CREATE TABLE ad_account (
    id          {id},
    source      TEXT NOT NULL,
    account     TEXT NOT NULL,
    connection_id BIGINT,
    created_ms  BIGINT NOT NULL,
    UNIQUE (source, account)
);

-- campaign_id: unique, as people name it; of an account's: source:account:external_id. clicks to roi: of a campaign
-- with daily facts (has_days = 1) their sums, else as given. day: the campaign's date.
CREATE TABLE campaign (
    id          {id},
    campaign_id TEXT NOT NULL UNIQUE,
    account_id  BIGINT,
    external_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    channel_id  BIGINT NOT NULL,
    status      TEXT NOT NULL,
    target_audience TEXT NOT NULL,
    campaign_goal TEXT NOT NULL,
    duration_days BIGINT,
    conversion_rate DOUBLE PRECISION,
    acquisition_cost_micros BIGINT,
    currency    TEXT NOT NULL,
    roi         DOUBLE PRECISION,
    location    TEXT NOT NULL,
    language    TEXT NOT NULL,
    clicks      BIGINT,
    impressions BIGINT,
    engagement_score DOUBLE PRECISION,
    customer_segment TEXT NOT NULL,
    day         BIGINT,
    company     TEXT NOT NULL,
    has_days    BIGINT NOT NULL,
    import_id   BIGINT,
    created_ms  BIGINT NOT NULL,
    changed_ms  BIGINT NOT NULL
);
CREATE INDEX campaign_of_day ON campaign (day);
CREATE INDEX campaign_of_account ON campaign (account_id, external_id) WHERE account_id IS NOT NULL;
CREATE INDEX campaign_of_channel ON campaign (channel_id, day);

-- An ad, or what stands for all ads of a group or campaign where a platform says no more ('' for its ids).
CREATE TABLE ad (
    id          {id},
    campaign_id BIGINT NOT NULL,
    ad_set_id   TEXT NOT NULL,
    ad_set_name TEXT NOT NULL,
    external_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    status      TEXT NOT NULL,
    UNIQUE (campaign_id, ad_set_id, external_id)
);

-- import_id: whose figures these are; import_counts: which of them, a bit each in the order below (0: all); the others
-- are those of also_import_id: Telegram says views and budgets in two files.
CREATE TABLE ad_day (
    ad_id       BIGINT NOT NULL,
    day         BIGINT NOT NULL,
    channel_id  BIGINT NOT NULL,
    placement   TEXT NOT NULL,
    country     TEXT NOT NULL,
    currency    TEXT NOT NULL,
    impressions BIGINT,
    reach       BIGINT,
    clicks      BIGINT,
    spend_micros BIGINT,
    conversions_micros BIGINT,
    revenue_micros BIGINT,
    import_id   BIGINT,
    import_counts BIGINT NOT NULL DEFAULT 0,
    also_import_id BIGINT,
    changed_ms  BIGINT NOT NULL,
    PRIMARY KEY (ad_id, day, placement, country)
) {by_key};
CREATE INDEX ad_day_of_import ON ad_day (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX ad_day_of_also_import ON ad_day (also_import_id) WHERE also_import_id IS NOT NULL;

-- Sums of ad_day, made again for what changed, in the same transaction. rows_unpriced: rows without a spend. priced_*:
-- the same sums over rows with a spend, for what is divided by it.
CREATE TABLE campaign_day (
    campaign_id BIGINT NOT NULL,
    day         BIGINT NOT NULL,
    channel_id  BIGINT NOT NULL,
    currency    TEXT NOT NULL,
    rows_n      BIGINT NOT NULL,
    rows_unpriced BIGINT NOT NULL,
    impressions BIGINT,
    reach       BIGINT,
    clicks      BIGINT,
    spend_micros BIGINT,
    conversions_micros BIGINT,
    revenue_micros BIGINT,
    priced_impressions BIGINT,
    priced_clicks BIGINT,
    priced_conversions_micros BIGINT,
    priced_revenue_micros BIGINT,
    PRIMARY KEY (campaign_id, day, channel_id, currency)
) {by_key};
CREATE INDEX campaign_day_of_day ON campaign_day (day);
CREATE TABLE channel_day (
    day         BIGINT NOT NULL,
    channel_id  BIGINT NOT NULL,
    currency    TEXT NOT NULL,
    rows_n      BIGINT NOT NULL,
    rows_unpriced BIGINT NOT NULL,
    impressions BIGINT,
    reach       BIGINT,
    clicks      BIGINT,
    spend_micros BIGINT,
    conversions_micros BIGINT,
    revenue_micros BIGINT,
    priced_impressions BIGINT,
    priced_clicks BIGINT,
    priced_conversions_micros BIGINT,
    priced_revenue_micros BIGINT,
    PRIMARY KEY (day, channel_id, currency)
) {by_key};

-- Campaigns by their own date, under each value of a few dimensions (channel, location, language, segment, goal,
-- audience, company): what the averages of /api/analytics are made of. Made again for days that changed. currency: of
-- the costs; '' of the campaigns without one.
CREATE TABLE campaign_sum (
    dim         TEXT NOT NULL,
    value       TEXT NOT NULL,
    day         BIGINT NOT NULL,
    currency    TEXT NOT NULL,
    campaigns   BIGINT NOT NULL,
    roi_n       BIGINT NOT NULL,
    roi_sum     DOUBLE PRECISION NOT NULL,
    conversion_rate_n BIGINT NOT NULL,
    conversion_rate_sum DOUBLE PRECISION NOT NULL,
    cost_n      BIGINT NOT NULL,
    cost_micros_sum BIGINT NOT NULL,
    engagement_n BIGINT NOT NULL,
    engagement_sum DOUBLE PRECISION NOT NULL,
    clicks      BIGINT NOT NULL,
    impressions BIGINT NOT NULL,
    PRIMARY KEY (dim, day, value, currency)
) {by_key};

-- What one unit of `currency` is worth in `base`, in billionths, from a day on until the next row.
CREATE TABLE rate (
    base        TEXT NOT NULL,
    currency    TEXT NOT NULL,
    day         BIGINT NOT NULL,
    rate_e9     BIGINT NOT NULL,
    changed_ms  BIGINT NOT NULL,
    PRIMARY KEY (base, currency, day)
);

-- What may be spent in a period, by all, by a channel or by a campaign.
CREATE TABLE budget (
    id          {id},
    name        TEXT NOT NULL,
    channel_id  BIGINT,
    campaign_id BIGINT,
    first_day   BIGINT NOT NULL,
    last_day    BIGINT NOT NULL,
    amount_micros BIGINT NOT NULL,
    currency    TEXT NOT NULL,
    created_ms  BIGINT NOT NULL,
    changed_ms  BIGINT NOT NULL
);

-- Which campaign the events' value of a dimension (campaign, campaign_id, source, content, creative) means; NULL: none
-- of them. origin: hand, or import (said by a file's utm columns).
CREATE TABLE campaign_match (
    dim         TEXT NOT NULL,
    value       TEXT NOT NULL,
    campaign_id BIGINT,
    origin      TEXT NOT NULL,
    changed_ms  BIGINT NOT NULL,
    PRIMARY KEY (dim, value)
);

-- Files of ad data. mapping: JSON, column of the file -> field; signature: digest of the header's names.
CREATE TABLE ad_import (
    id          {id},
    name        TEXT NOT NULL,
    state       TEXT NOT NULL,
    format      TEXT NOT NULL,
    mapping     TEXT NOT NULL,
    signature   {bytes} NOT NULL,
    bytes_total BIGINT NOT NULL,
    bytes_done  BIGINT NOT NULL DEFAULT 0,
    lines_done  BIGINT NOT NULL DEFAULT 0,
    inserted    BIGINT NOT NULL DEFAULT 0,
    replaced    BIGINT NOT NULL DEFAULT 0,
    repeated    BIGINT NOT NULL DEFAULT 0,
    rejected    BIGINT NOT NULL DEFAULT 0,
    error       TEXT,
    created_ms  BIGINT NOT NULL,
    started_ms  BIGINT,
    finished_ms BIGINT
);
CREATE TABLE ad_import_reject (
    import_id   BIGINT NOT NULL,
    line        BIGINT NOT NULL,
    column_name TEXT NOT NULL,
    reason      TEXT NOT NULL,
    body        {bytes} NOT NULL,
    PRIMARY KEY (import_id, line)
);
CREATE TABLE ad_import_mapping (
    signature   {bytes} NOT NULL PRIMARY KEY,
    mapping     TEXT NOT NULL,
    changed_ms  BIGINT NOT NULL
);

-- Work that is done later or again and again. One row a thing to do; (kind, key) names it. ask: what the next run is
-- asked for beyond the usual, '' for nothing. lease_owner: who runs it, '' for nobody; lease_until_ms changes as long as
-- he lives. cancelled: 1 stop, 2 stop and remove. due_ms NULL: not by itself.
CREATE TABLE job (
    id          {id},
    kind        TEXT NOT NULL,
    key         TEXT NOT NULL,
    every_ms    BIGINT NOT NULL,
    due_ms      BIGINT,
    ask         TEXT NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until_ms BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    cancelled   BIGINT NOT NULL,
    progress    BIGINT NOT NULL,
    total       BIGINT NOT NULL,
    note        TEXT NOT NULL,
    created_ms  BIGINT NOT NULL,
    UNIQUE (kind, key)
);
CREATE INDEX job_due ON job (due_ms);
CREATE TABLE job_run (
    id          {id},
    job_id      BIGINT NOT NULL,
    attempt     BIGINT NOT NULL,
    state       TEXT NOT NULL,
    note        TEXT NOT NULL,
    result      TEXT NOT NULL,
    started_ms  BIGINT NOT NULL,
    ended_ms    BIGINT
);
CREATE INDEX job_run_of_job ON job_run (job_id, id);
