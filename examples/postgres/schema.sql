-- Of type json, not jsonb: a comment's text may hold a NUL, which jsonb refuses.
CREATE TABLE IF NOT EXISTS comments (
  video text NOT NULL,
  id text NOT NULL,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  actor text,
  data json,
  PRIMARY KEY (video, id)
);

-- How far each program that reads the history has come.
CREATE TABLE IF NOT EXISTS positions (
  reader text PRIMARY KEY,
  position text NOT NULL
);
