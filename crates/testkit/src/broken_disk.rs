//! Makes a server's disk refuse some of its writes.

pub use lgx_store::broken_disk::{DiskFault, RefusedWrites};

use crate::TestServer;

impl TestServer {
    /// Refuses these writes from now on, until [`TestServer::mend_disk`].
    pub async fn break_disk(&self, refused: RefusedWrites, fault: DiskFault) {
        let broken = self.running().store().break_disk(refused, fault).await;
        broken.unwrap_or_else(|error| panic!("the disk cannot be broken: {error}"));
    }

    /// Takes all writes again.
    pub async fn mend_disk(&self) {
        let mended = self.running().store().mend_disk().await;
        mended.unwrap_or_else(|error| panic!("the disk cannot be mended: {error}"));
    }
}
