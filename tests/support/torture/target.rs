//! What is tortured: one server, or several instances on one database.

use std::time::Duration;

use anyhow::Result;

/// What can be struck, and has to be right all the same.
pub(super) trait Target {
    /// Does the next thing of the plan to it, and says what that was.
    fn strike(&mut self) -> Result<String>;

    /// Kills all of it and has it come back, so that what is read from now on comes from the disk.
    fn kill_everything(&mut self) -> Result<()>;

    /// Ends it in good order, when all is done.
    fn finish(self) -> Result<Blows>;
}

/// What was done to it.
pub(super) struct Blows {
    /// How often what was done.
    pub(super) struck: Vec<(&'static str, usize)>,
    /// How long it took to come back.
    pub(super) restarts: Vec<Duration>,
    /// How often the database was checked.
    pub(super) checked: usize,
}
