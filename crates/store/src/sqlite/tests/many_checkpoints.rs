//! The history of a long thread at a glance: a page of it takes as long as the page is, not as the thread is.

use std::time::{Duration, Instant};

use lgx_model::query::Page;

use super::*;

const MANY: u32 = 10_000;
/// It takes a tenth of this at most where nothing else is done.
const BOUND: Duration = Duration::from_secs(1);

fn long_thread(connection: &Connection) -> ThreadId {
    let thread_id = thread(connection, json!({}));
    let numbers =
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)";
    let checkpoints = format!(
        "{numbers} INSERT INTO checkpoints
           (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, encoding, checkpoint, metadata, channel_versions)
         SELECT ?1, '', printf('1f0%08d', n), printf('1f0%08d', n - 1), 'msgpack', zeroblob(600),
           json_object('source', 'loop', 'step', n), '{{}}' FROM numbers"
    );
    let writes = format!(
        "{numbers} INSERT INTO writes
           (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path, encoding, value)
         SELECT ?1, '', printf('1f0%08d', n), 'task', 0, 'messages', '~__pregel_pull, node', 'msgpack', zeroblob(2000) FROM numbers"
    );
    for sql in [checkpoints, writes] {
        let parameters = (thread_id.to_string(), MANY);
        connection.execute(&sql, parameters).unwrap();
    }
    thread_id
}

#[test]
fn a_page_of_the_checkpoints_of_a_long_thread_is_there_at_once() {
    let connection = connection();
    let thread_id = long_thread(&connection);
    for (ns, limit, offset) in [
        (None, 1_000, 0),
        (Some(""), 1_000, 0),
        (None, 100, 9_900),
        (Some(""), 100, 9_900),
    ] {
        let began = Instant::now();
        let page = Page { limit, offset };
        let found = checkpoints::summaries(&connection, thread_id, ns, page).unwrap();
        let took = began.elapsed();
        println!("{limit} from {offset} of {ns:?}: {took:?}");
        assert!(took < BOUND, "{limit} from {offset} of {ns:?}: {took:?}");
        assert_eq!(found.total, u64::from(MANY));
        let newest = i64::from(MANY) - i64::try_from(offset).unwrap();
        let steps = found.checkpoints.iter().map(|found| found.step);
        let expected = (newest - i64::from(limit) + 1..=newest).rev();
        assert!(steps.eq(expected));
        assert_eq!(found.checkpoints[0].nodes, ["node"]);
    }
}
