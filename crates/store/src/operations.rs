//! What a [`Store`](crate::Store) can do, one file a noun. The types that operations take and give are in the file of the noun outside.

mod assistants;
#[cfg(feature = "broken-disk")]
mod broken_disk;
mod checkpoints;
mod crons;
mod events;
mod instances;
mod items;
mod reports;
mod runs;
mod standing;
mod threads;
mod transfer;
mod truncate;
