-- How often a run began to execute. One that was executing when the server ended begins once more at the next start.
ALTER TABLE runs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
