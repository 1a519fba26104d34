DROP TABLE platform_rules;
DROP TABLE reject;
DROP TABLE import;
DROP TABLE raw;
DROP TABLE token;
DROP TABLE source;
