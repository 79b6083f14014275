//! How much a thread's checkpoints take.

use std::collections::BTreeMap;

use lgx_model::ThreadId;
use lgx_model::thread::{ChannelStorage, CountAndBytes, ThreadStorage, ValueStorage};

use crate::Result;
use crate::postgres::Session;
use crate::postgres::columns::{any_text_or_null, text, value};

/// How many checkpoints, channel values and writes a thread has, and how many bytes are in them.
pub(crate) async fn storage(session: &Session, thread_id: ThreadId) -> Result<ThreadStorage> {
    let rows = session
        .rows(
            "SELECT 'checkpoints', NULL, count(*), coalesce(sum(octet_length(checkpoint) + octet_length(metadata)), 0)
               FROM checkpoints WHERE thread_id = $1
             UNION ALL
             SELECT 'writes', NULL, count(*), coalesce(sum(octet_length(value)), 0) FROM writes WHERE thread_id = $1
             UNION ALL
             SELECT 'channel', channel, count(*), sum(octet_length(value)) FROM blobs WHERE thread_id = $1 GROUP BY channel",
            &[&thread_id.uuid()],
        )
        .await?;
    let nothing = CountAndBytes { count: 0, bytes: 0 };
    let (mut checkpoints, mut pending_writes) = (nothing, nothing);
    let mut by_channel = BTreeMap::new();
    for row in &rows {
        let (count, bytes) = (value(row, 2)?, value(row, 3)?);
        match (text(row, 0)?, any_text_or_null(row, 1)?) {
            (_, Some(channel)) => {
                let versions = count;
                let channel_storage = ChannelStorage { versions, bytes };
                by_channel.insert(channel, channel_storage);
            }
            ("writes", None) => pending_writes = CountAndBytes { count, bytes },
            (_, None) => checkpoints = CountAndBytes { count, bytes },
        }
    }
    let channel_values = ValueStorage {
        count: by_channel.values().map(|channel| channel.versions).sum(),
        bytes: by_channel.values().map(|channel| channel.bytes).sum(),
        by_channel,
    };
    Ok(ThreadStorage {
        thread_id,
        total_bytes: checkpoints.bytes + channel_values.bytes + pending_writes.bytes,
        checkpoints,
        channel_values,
        pending_writes,
    })
}
