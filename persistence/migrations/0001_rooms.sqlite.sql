-- Users, rooms and their log. Times are milliseconds since 1970 (UTC). Never edit after a release.

CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  username      TEXT NOT NULL COLLATE NOCASE UNIQUE,
  name          TEXT NOT NULL,
  email         TEXT UNIQUE,               -- lower case; null: none
  avatar        TEXT NOT NULL,
  role          INTEGER NOT NULL,          -- 0 user, 1 moderator, 2 admin
  is_active     INTEGER NOT NULL,
  password_hash TEXT NOT NULL,             -- empty: cannot log in by password
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rooms (
  id           TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  type         INTEGER NOT NULL,           -- 0 public, 1 private, 2 direct
  created_by   TEXT NOT NULL REFERENCES users (id),
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  epoch        INTEGER NOT NULL DEFAULT 0, -- which owner may append
  last_seq     INTEGER NOT NULL DEFAULT 0,
  member_count INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX rooms_by_age ON rooms (created_at, id);

CREATE TABLE memberships (
  room_id   TEXT NOT NULL REFERENCES rooms (id),
  user_id   TEXT NOT NULL REFERENCES users (id),
  role      INTEGER NOT NULL,              -- 0 member, 1 moderator, 2 owner
  joined_at INTEGER NOT NULL,
  PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user_id);

-- The append-only log. Without foreign keys: every append has just read its room's row to be let in.
CREATE TABLE room_events (
  room_id  TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  type     TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  body     TEXT NOT NULL,                  -- JSON, without seq
  at       INTEGER NOT NULL,
  PRIMARY KEY (room_id, seq)
) STRICT, WITHOUT ROWID;

-- What the log says a message is now.
CREATE TABLE messages (
  room_id         TEXT NOT NULL,
  seq             INTEGER NOT NULL,
  id              TEXT NOT NULL UNIQUE,
  sender_id       TEXT NOT NULL,
  sender_username TEXT NOT NULL,
  sender_name     TEXT NOT NULL,
  sender_avatar   TEXT NOT NULL,
  content         TEXT NOT NULL,
  reply_to        TEXT NOT NULL,           -- empty: none
  client_id       TEXT,                    -- null: none
  attachments     TEXT NOT NULL,           -- JSON
  at              INTEGER NOT NULL,
  edited          INTEGER NOT NULL,
  PRIMARY KEY (room_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX messages_once ON messages (room_id, sender_id, client_id)
  WHERE client_id IS NOT NULL;

CREATE TABLE refresh_tokens (
  hash       TEXT PRIMARY KEY,
  family     TEXT NOT NULL,
  user_id    TEXT NOT NULL REFERENCES users (id),
  used       INTEGER NOT NULL DEFAULT 0,
  revoked    INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- Answers to REST requests with an Idempotency-Key.
CREATE TABLE answers (
  user_id      TEXT NOT NULL,
  key          TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status       INTEGER NOT NULL,
  body         TEXT NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_by_age ON answers (at);
