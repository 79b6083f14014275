//! Connections to a database: the pool of them, and single ones beside it.

use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio::time::timeout;
use tokio_postgres::{Client, Config, Connection, Socket};

use super::address::Address;
use super::tls::{self, Encrypted, Encrypts};
use crate::{DatabaseAddress, Result, StoreError, Unavailable};

/// How many connections are held at most. Each is a process of the database.
const CONNECTIONS: usize = 16;
/// How long is waited for a connection, before the database counts as unreachable.
const CONNECTS_WITHIN: Duration = Duration::from_secs(5);

/// How long data may be on its way to the database without word of its arrival, and how long a connection is silent before it is asked for.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);
/// What a server that stands still in the midst of a transaction has locked is let go of after so long, or nobody else could go on.
const LETS_GO: &str = "SET idle_in_transaction_session_timeout = '10s'";

/// What comes from the database on a connection; nothing comes, or goes, unless it is polled.
pub(super) type Line = Connection<Socket, Encrypted>;

/// Makes connections to one database.
pub(super) struct Connector {
    config: Config,
    encrypts: Encrypts,
}

impl Connector {
    /// What connects to this address.
    pub(super) fn to(address: &DatabaseAddress) -> Result<Self> {
        let mut read = Address::read(address.text())?;
        let encrypts = Encrypts::with(tls::client(&read, address.roots())?);
        read.config
            .application_name("lgx")
            .connect_timeout(CONNECTS_WITHIN)
            .tcp_user_timeout(ARRIVES_WITHIN)
            .keepalives_idle(ARRIVES_WITHIN)
            .keepalives_interval(ARRIVES_WITHIN / 5)
            .keepalives_retries(3);
        Ok(Self {
            config: read.config,
            encrypts,
        })
    }

    /// A pool that connects when it is asked to.
    pub(super) fn pool(&self) -> Result<Pool> {
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(self.config.clone(), self.encrypts.clone(), recycling);
        Pool::builder(manager)
            .max_size(CONNECTIONS)
            .wait_timeout(Some(CONNECTS_WITHIN))
            .create_timeout(Some(CONNECTS_WITHIN))
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move {
                    let set = client.batch_execute(LETS_GO);
                    set.await.map_err(HookError::Backend)
                })
            }))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Backend(Box::new(error)))
    }

    /// A connection beside the pool, with what comes on it.
    pub(super) async fn line(&self) -> Result<(Client, Line)> {
        let connecting = self.config.connect(self.encrypts.clone());
        if let Ok(connected) = timeout(CONNECTS_WITHIN, connecting).await {
            return Ok(connected?);
        }
        Err(Unavailable::Unreachable("it did not answer in time".to_owned()).into())
    }
}
