//! What operations on runs take and give, in the order of a life: admission, the queue, the end, cancelling, recovery.

mod admission;
mod cancel;
mod finish;
mod of_assistant;
mod queue;
mod record;
mod recover;

pub use self::admission::{Admission, Admitted, Displaced, Firing, NewRun};
pub use self::cancel::{CancelTarget, Cancelled, StopOrder};
pub use self::finish::{Finish, Finished, ThreadEnd};
pub use self::of_assistant::AssistantRuns;
pub use self::queue::{Again, Claimed, Queue};
pub(crate) use self::record::PackedLog;
pub use self::record::{
    CodeGeneration, FoundRun, GoneRun, PackedRecord, RecordSoFar, RecordedRun, RunLog, RunRecord,
};
pub use self::recover::{GivenUp, GoingOn, MOST_ATTEMPTS, Recovered, StoppedRun};
