-- Schema 2.

-- The sign that a page put on a customer's conversation last (EChat: setVisitorChatSign), and what it comes from.
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
CREATE INDEX sign_openid ON sign (openid);
CREATE INDEX sign_changed ON sign (changed);
