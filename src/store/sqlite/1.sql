-- Schema 1. Times are milliseconds since the epoch, UTC; states and scopes by name.

-- What keeps one open of the store from the next: `opens`, `clean`.
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- An official account at a server: what is for one is never sent to another.
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL,
    server TEXT NOT NULL,
    UNIQUE (app_id, server)
) STRICT;

-- Logs that were played: `ended` unless the host did before the log.
CREATE TABLE log (
    account INTEGER NOT NULL REFERENCES account (id),
    identity TEXT NOT NULL,
    ended INTEGER NOT NULL,
    PRIMARY KEY (account, identity)
) STRICT, WITHOUT ROWID;

-- Accepted events. `name` is the first part of the keys of their messages, `log` the log that they stand in where that can
-- be played again. `line` is NULL where they are erased or old: only that they were handled is known.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    name TEXT NOT NULL UNIQUE,
    log TEXT,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    digest BLOB NOT NULL,
    subject TEXT,
    turns_to TEXT,
    line TEXT,
    accepted INTEGER NOT NULL,
    UNIQUE (account, source, id, digest)
) STRICT;
CREATE INDEX event_subject ON event (subject) WHERE subject IS NOT NULL;
CREATE INDEX event_accepted ON event (accepted);
CREATE INDEX event_id ON event (id);

-- Plugins by the name that keys have; two pages of the same name have names of their own here.
CREATE TABLE plugin (name TEXT PRIMARY KEY, identity TEXT NOT NULL UNIQUE) STRICT, WITHOUT ROWID;

-- How far a plugin is with an event: open, done, busy.
CREATE TABLE turn (
    event INTEGER NOT NULL REFERENCES event (seq) ON DELETE CASCADE,
    plugin TEXT NOT NULL,
    state TEXT NOT NULL,
    ended INTEGER,
    PRIMARY KEY (event, plugin)
) STRICT, WITHOUT ROWID;
CREATE INDEX turn_open ON turn (plugin, event) WHERE state = 'open';
CREATE INDEX turn_busy ON turn (plugin, event) WHERE state = 'busy';

CREATE TABLE effect (
    event INTEGER NOT NULL REFERENCES event (seq) ON DELETE CASCADE,
    plugin TEXT NOT NULL,
    number INTEGER NOT NULL,
    time INTEGER NOT NULL,
    type TEXT NOT NULL,
    subject TEXT,
    data TEXT NOT NULL,
    place TEXT,
    UNIQUE (event, plugin, number)
) STRICT;
CREATE INDEX effect_subject ON effect (subject) WHERE subject IS NOT NULL;

-- Messages. `uploads`: a file of it is uploaded before it is sent. `head`: the customer's first one that is to be sent.
-- `due`: when it may go. `opened`: in which open of the store it changed last.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    stimulus TEXT NOT NULL,
    plugin TEXT NOT NULL,
    effect INTEGER NOT NULL,
    part INTEGER NOT NULL,
    key TEXT NOT NULL,
    openid TEXT NOT NULL,
    kf_account TEXT,
    cause TEXT NOT NULL,
    msgtype TEXT NOT NULL,
    content TEXT NOT NULL,
    uploads INTEGER NOT NULL,
    state TEXT NOT NULL,
    head INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    due INTEGER NOT NULL,
    next INTEGER,
    reason TEXT,
    messages INTEGER NOT NULL DEFAULT 0,
    messages_done INTEGER NOT NULL DEFAULT 0,
    doubtful TEXT NOT NULL DEFAULT '[]',
    only_messages TEXT,
    parked TEXT,
    changed INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    UNIQUE (stimulus, plugin, effect, part)
) STRICT;
CREATE INDEX outbox_key ON outbox (key);
CREATE INDEX outbox_openid ON outbox (openid, seq);
CREATE INDEX outbox_lane ON outbox (account, openid, seq) WHERE state IN ('pending', 'sending', 'parked');
CREATE UNIQUE INDEX outbox_head ON outbox (account, openid) WHERE head = 1;
CREATE INDEX outbox_due ON outbox (account, due, seq) WHERE head = 1 AND state = 'pending';
CREATE INDEX outbox_state ON outbox (state, seq);
CREATE INDEX outbox_opened ON outbox (opened, state);

-- Tries. One that went on the wire and has no outcome was interrupted.
CREATE TABLE attempt (
    row INTEGER NOT NULL REFERENCES outbox (seq) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    message INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    started INTEGER NOT NULL,
    finished INTEGER,
    outcome TEXT,
    errcode INTEGER,
    reason TEXT,
    hint TEXT,
    media_id TEXT,
    PRIMARY KEY (row, number)
) STRICT, WITHOUT ROWID;

-- Closed ways of an account. `scheduled`: it is tried again soon, and what waits for it is not parked.
CREATE TABLE way (
    account INTEGER NOT NULL REFERENCES account (id),
    scope TEXT NOT NULL,
    until INTEGER,
    reason TEXT NOT NULL,
    closed INTEGER NOT NULL,
    scheduled INTEGER NOT NULL,
    PRIMARY KEY (account, scope)
) STRICT, WITHOUT ROWID;

-- What is known of users: `facts` as JSON (session::window), `acts`: how often they did something.
CREATE TABLE ledger (
    account INTEGER NOT NULL REFERENCES account (id),
    openid TEXT NOT NULL,
    facts TEXT NOT NULL,
    acts INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (account, openid)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_openid ON ledger (openid);
CREATE INDEX ledger_changed ON ledger (changed);

CREATE TABLE token (
    account INTEGER PRIMARY KEY REFERENCES account (id),
    token TEXT NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE TABLE media (
    account INTEGER NOT NULL REFERENCES account (id),
    fingerprint BLOB NOT NULL,
    media_id TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (account, fingerprint)
) STRICT, WITHOUT ROWID;

-- `localStorage` of a plugin's pages, in the order of the items' coming, and their cookies as JSON.
CREATE TABLE storage (
    plugin TEXT NOT NULL,
    origin TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (plugin, origin, key)
) STRICT;
CREATE TABLE cookies (plugin TEXT PRIMARY KEY, jar TEXT NOT NULL) STRICT, WITHOUT ROWID;
