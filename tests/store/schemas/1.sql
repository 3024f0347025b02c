-- A store of schema 1, dumped: every table has a row.
BEGIN TRANSACTION;
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL,
    server TEXT NOT NULL,
    UNIQUE (app_id, server)
) STRICT;
INSERT INTO "account" VALUES(1,'wx','http://a');
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
INSERT INTO "attempt" VALUES(1,1,1,1,1000,1001,'sent',0,'ok',NULL,NULL);
CREATE TABLE cookies (plugin TEXT PRIMARY KEY, jar TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "cookies" VALUES('page','[]');
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
INSERT INTO "effect" VALUES(1,'page',0,1000,'effect.mcs.PutMsg','oA','{"msg": {"head": {"random": "1"}, "body": []}, "outcome": "accepted", "returned": "{}"}','{"url": "http://page.plugin.invalid/page.html", "line": 3, "column": 9, "file": "page.html"}');
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
INSERT INTO "event" VALUES(1,1,'1','/log.jsonl','/log.jsonl','1',X'00FF','oA','oA','{"specversion": "1.0", "id": "1", "source": "log.jsonl", "type": "stimulus.mcs.OnUserChange", "subject": "oA", "data": {"useraccount": "oA", "userid": "oA"}}',1000);
CREATE TABLE ledger (
    account INTEGER NOT NULL REFERENCES account (id),
    openid TEXT NOT NULL,
    facts TEXT NOT NULL,
    acts INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (account, openid)
) STRICT, WITHOUT ROWID;
INSERT INTO "ledger" VALUES(1,'oA','{"actions":[{"trigger":"message","at":1000,"sent":1}],"written":1001}',1,1001);
CREATE TABLE log (
    account INTEGER NOT NULL REFERENCES account (id),
    identity TEXT NOT NULL,
    ended INTEGER NOT NULL,
    PRIMARY KEY (account, identity)
) STRICT, WITHOUT ROWID;
INSERT INTO "log" VALUES(1,'/log.jsonl',1);
CREATE TABLE media (
    account INTEGER NOT NULL REFERENCES account (id),
    fingerprint BLOB NOT NULL,
    media_id TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (account, fingerprint)
) STRICT, WITHOUT ROWID;
INSERT INTO "media" VALUES(1,X'0000000000000000000000000000000000000000000000000000000000000000','M',9000000000000);
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('clean',1);
INSERT INTO "meta" VALUES('opens',3);
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
INSERT INTO "outbox" VALUES(1,1,'1','page',0,0,'1/page/0','oA',NULL,'1','text','{"msgtype":"text","text":"您好"}',0,'sent',0,1,0,1000,1000,NULL,NULL,1,1,'[]',NULL,NULL,1001,2);
INSERT INTO "outbox" VALUES(2,1,'1','page',1,0,'1/page/1','oA',NULL,'1','image','{"msgtype":"image","pic_url":"http://a/b.png"}',1,'unknown',0,1,0,1000,1000,NULL,'the host ended while it was sent',1,1,'[1]',NULL,NULL,1001,2);
INSERT INTO "outbox" VALUES(3,1,'1','page',2,0,'1/page/2','oA',NULL,'1','news','{"msgtype":"news","articles":[{"title":"t","description":"d","url":"","picurl":""}]}',0,'parked',1,2,0,1000,1000,NULL,'45015',1,0,'[]',NULL,'user',1001,2);
INSERT INTO "outbox" VALUES(4,1,'1','page',3,0,'1/page/3','oB',NULL,'1','text','{"msgtype":"text","text":"2"}',0,'held',0,0,0,1000,1000,NULL,'review',1,0,'[]',NULL,NULL,1001,2);
INSERT INTO "outbox" VALUES(5,1,'1','page',4,0,'1/page/4','oC',NULL,'1','text','{"msgtype":"text","text":"3"}',0,'dead',0,5,0,1000,1000,NULL,'40003',1,0,'[]',NULL,NULL,1001,2);
CREATE TABLE plugin (name TEXT PRIMARY KEY, identity TEXT NOT NULL UNIQUE) STRICT, WITHOUT ROWID;
INSERT INTO "plugin" VALUES('page','page /page.html');
CREATE TABLE storage (
    plugin TEXT NOT NULL,
    origin TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (plugin, origin, key)
) STRICT;
INSERT INTO "storage" VALUES('page','http://page.plugin.invalid','n','1');
CREATE TABLE token (
    account INTEGER PRIMARY KEY REFERENCES account (id),
    token TEXT NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
INSERT INTO "token" VALUES(1,'TOKEN',9000000000000);
CREATE TABLE turn (
    event INTEGER NOT NULL REFERENCES event (seq) ON DELETE CASCADE,
    plugin TEXT NOT NULL,
    state TEXT NOT NULL,
    ended INTEGER,
    PRIMARY KEY (event, plugin)
) STRICT, WITHOUT ROWID;
INSERT INTO "turn" VALUES(1,'page','done',1001);
CREATE TABLE way (
    account INTEGER NOT NULL REFERENCES account (id),
    scope TEXT NOT NULL,
    until INTEGER,
    reason TEXT NOT NULL,
    closed INTEGER NOT NULL,
    scheduled INTEGER NOT NULL,
    PRIMARY KEY (account, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO "way" VALUES(1,'/cgi-bin/media/upload',NULL,'48001',1001,0);
CREATE INDEX event_subject ON event (subject) WHERE subject IS NOT NULL;
CREATE INDEX event_accepted ON event (accepted);
CREATE INDEX event_id ON event (id);
CREATE INDEX turn_open ON turn (plugin, event) WHERE state = 'open';
CREATE INDEX turn_busy ON turn (plugin, event) WHERE state = 'busy';
CREATE INDEX effect_subject ON effect (subject) WHERE subject IS NOT NULL;
CREATE INDEX outbox_key ON outbox (key);
CREATE INDEX outbox_openid ON outbox (openid, seq);
CREATE INDEX outbox_lane ON outbox (account, openid, seq) WHERE state IN ('pending', 'sending', 'parked');
CREATE UNIQUE INDEX outbox_head ON outbox (account, openid) WHERE head = 1;
CREATE INDEX outbox_due ON outbox (account, due, seq) WHERE head = 1 AND state = 'pending';
CREATE INDEX outbox_state ON outbox (state, seq);
CREATE INDEX outbox_opened ON outbox (opened, state);
COMMIT;
