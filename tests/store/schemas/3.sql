CREATE INDEX event_kept ON event (accepted) WHERE line IS NOT NULL;
