CREATE INDEX event_kept ON event (accepted) WHERE line IS NOT NULL;
DROP INDEX outbox_opened;
CREATE INDEX outbox_opened ON outbox (opened, account, state);
