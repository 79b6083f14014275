//! The pool of connections to a database.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use super::tls;
use crate::{DatabaseAddress, Result, StoreError};

/// How many connections are held at most. Each is a process of the database.
const CONNECTIONS: usize = 16;
/// How long is waited for a connection, before the database counts as unreachable.
const CONNECTS_WITHIN: Duration = Duration::from_secs(5);

/// A pool that connects when it is asked to.
pub(super) fn pool(address: &DatabaseAddress) -> Result<Pool> {
    let mut read = Address::read(address.text())?;
    let encrypts = MakeRustlsConnect::new(tls::client(&read, address.roots())?);
    read.config
        .application_name("lgx")
        .connect_timeout(CONNECTS_WITHIN);
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(read.config, encrypts, recycling);
    Pool::builder(manager)
        .max_size(CONNECTIONS)
        .wait_timeout(Some(CONNECTS_WITHIN))
        .create_timeout(Some(CONNECTS_WITHIN))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::Backend(Box::new(error)))
}
