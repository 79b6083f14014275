//! What workers are forked from: a zygote that has imported what the project uses, and whether that is still what is to be imported.

use std::path::PathBuf;
use std::sync::Arc;

use super::fingerprint::Fingerprint;
use super::zygote::{ForkError, Zygote};
use crate::introduction::Introduced;
use crate::{Launch, Uses};

/// A zygote that has imported what the project uses.
pub(super) struct Warmed {
    pub(super) zygote: Arc<Zygote>,
    /// What it has imported.
    pub(super) uses: Uses,
    pub(super) fingerprint: Fingerprint,
}

impl Warmed {
    /// Has a zygote import these modules.
    pub(super) async fn new(zygote: Arc<Zygote>, uses: Uses) -> Result<Self, ForkError> {
        let files = import(&zygote, &uses).await?;
        let fingerprint = Fingerprint::of(files, &zygote.hello).await;
        Ok(Self {
            zygote,
            uses,
            fingerprint,
        })
    }

    /// The same, and a worker that is forked from it, which somebody waits for.
    pub(super) async fn with_worker(
        zygote: Arc<Zygote>,
        uses: Uses,
    ) -> Result<(Self, Introduced), ForkError> {
        let files = import(&zygote, &uses).await?;
        let (fingerprint, forked) = tokio::join!(
            Fingerprint::of(files, &zygote.hello),
            zygote.fork(Arc::default())
        );
        let warmed = Self {
            zygote,
            uses,
            fingerprint,
        };
        Ok((warmed, forked?))
    }

    /// The same, and what is used now.
    pub(super) async fn with(self: Arc<Self>, uses: &Uses) -> Result<Arc<Self>, ForkError> {
        let mut modules = self.uses.modules.clone();
        for module in &uses.modules {
            if !modules.contains(module) {
                modules.push(module.clone());
            }
        }
        if modules.len() == self.uses.modules.len() && self.uses.packages == uses.packages {
            return Ok(self);
        }
        let uses = Uses {
            modules,
            packages: uses.packages.clone(),
        };
        Self::new(Arc::clone(&self.zygote), uses)
            .await
            .map(Arc::new)
    }

    /// Whether it was started so, and has imported for the project only what the project still imports.
    pub(super) fn suits(&self, launch: &Launch, uses: &Uses) -> bool {
        let imported = &self.uses.packages;
        self.zygote.launch() == launch && imported.iter().all(|name| uses.packages.contains(name))
    }
}

/// Has a zygote import these modules. Gives the files of all that it has imported.
async fn import(zygote: &Zygote, uses: &Uses) -> Result<Vec<PathBuf>, ForkError> {
    let preloaded = zygote.preload(&uses.modules).await?;
    match preloaded.unforkable {
        Some(reason) => Err(ForkError::Unforkable(reason)),
        None => Ok(preloaded.files),
    }
}
