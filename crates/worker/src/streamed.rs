//! What a run has streamed before a callback: the two come over one connection in one order, and part ways when they have arrived.

use std::fmt;
use std::sync::Arc;

use lgx_model::RunId;

use crate::connection::Connection;

/// What runs have streamed before a callback arrived. The default: nothing.
#[derive(Clone, Default)]
pub struct Streamed(Option<Arc<Connection>>);

impl Streamed {
    pub(crate) fn over(connection: &Arc<Connection>) -> Self {
        Self(Some(Arc::clone(connection)))
    }

    /// Resolves once whoever reads the stream of this run asks for more than has arrived of it, or does not read it any more. To be
    /// called where the callback is accepted: what arrives later is not waited for.
    pub async fn is_read(&self, run_id: RunId) {
        let marked = self
            .0
            .as_ref()
            .and_then(|connection| connection.calls().mark(run_id));
        if let Some(read) = marked {
            // An error means that nobody reads it any more.
            let _ = read.await;
        }
    }
}

impl fmt::Debug for Streamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streamed")
    }
}
