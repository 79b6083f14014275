-- How often a run was claimed, also where that was given back and so was no attempt: a write on its behalf names the claim that it stands on.
ALTER TABLE runs ADD COLUMN claims INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET claims = attempts;
