-- Schema 3.

-- Of which events it is known what they said, by age: those of which it is not are many more.
CREATE INDEX event_kept ON event (accepted) WHERE line IS NOT NULL;

-- How rows of an account stand, without reading them.
DROP INDEX outbox_opened;
CREATE INDEX outbox_opened ON outbox (opened, account, state);
