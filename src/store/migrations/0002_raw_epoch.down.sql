DROP TABLE raw_epoch;
