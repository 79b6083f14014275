-- What a search by metadata finds threads by: the terms (terms.rs) of what stands at the top of each thread's metadata.
CREATE TABLE thread_terms (
  term INTEGER NOT NULL,
  thread INTEGER NOT NULL,
  PRIMARY KEY (term, thread)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER terms_come_with_their_thread AFTER INSERT ON threads BEGIN
  INSERT INTO thread_terms SELECT value, NEW.sequence FROM json_each(lgx_terms(NEW.metadata));
END;
CREATE TRIGGER terms_change_with_their_thread AFTER UPDATE OF metadata ON threads WHEN NEW.metadata IS NOT OLD.metadata BEGIN
  DELETE FROM thread_terms
    WHERE thread = OLD.sequence AND term IN (SELECT value FROM json_each(lgx_terms(OLD.metadata)));
  INSERT INTO thread_terms SELECT value, NEW.sequence FROM json_each(lgx_terms(NEW.metadata));
END;
CREATE TRIGGER terms_go_with_their_thread AFTER DELETE ON threads BEGIN
  DELETE FROM thread_terms
    WHERE thread = OLD.sequence AND term IN (SELECT value FROM json_each(lgx_terms(OLD.metadata)));
END;
INSERT INTO thread_terms SELECT value, sequence FROM threads, json_each(lgx_terms(metadata));

CREATE INDEX threads_by_creation ON threads (created_at);
CREATE INDEX threads_by_status ON threads (status, updated_at);
