-- What a running run was told: 'interrupt' or 'rollback', and why. It is told by the server that executes it; the next one knows it from
-- here, if the server ended before the run did.
ALTER TABLE runs ADD COLUMN stop TEXT;
ALTER TABLE runs ADD COLUMN stop_reason TEXT;
