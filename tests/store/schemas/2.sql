CREATE TABLE sign (
    seq INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    openid TEXT NOT NULL,
    sign INTEGER NOT NULL,
    plugin TEXT NOT NULL,
    cause TEXT NOT NULL,
    changed INTEGER NOT NULL,
    UNIQUE (account, openid)
) STRICT;
INSERT INTO "sign" VALUES(1,1,'oA',1,'page','1',1001);
CREATE INDEX sign_openid ON sign (openid);
CREATE INDEX sign_changed ON sign (changed);
