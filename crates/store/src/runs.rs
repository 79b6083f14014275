//! What operations on runs take and give, in the order of a life: admission, the queue, the end, cancelling, recovery.

mod admission;
mod cancel;
mod claim;
mod finish;
mod of_assistant;
mod on_thread;
mod queue;
mod record;
mod recover;
mod standing;

pub use self::admission::{Admission, Admitted, Displaced, Firing, NewRun};
pub(crate) use self::cancel::in_status;
pub use self::cancel::{CancelTarget, Cancelled, StopOrder};
pub use self::claim::Claim;
pub use self::finish::{Finish, Finished, ThreadEnd};
pub use self::of_assistant::AssistantRuns;
pub(crate) use self::on_thread::inherit;
pub use self::queue::{Again, Claimed, Queue};
pub use self::record::{
    CodeGeneration, FoundRun, GoneRun, PackedRecord, RecordSoFar, RecordedRun, RunLog, RunRecord,
};
pub(crate) use self::record::{MOST_GONE, MOST_GONE_BYTES, PackedLog, stored_count, unpacked};
pub(crate) use self::recover::cut_off_too_often;
pub use self::recover::{GivenUp, GoingOn, MOST_ATTEMPTS, Recovered, StoppedRun};
pub use self::standing::RunStanding;

/// What stands in for the kwargs of runs of which nobody wants them.
pub(crate) const NO_KWARGS: &str = r#"{"input":null,"command":null,"config":{},"context":{},"stream_mode":[],"interrupt_before":null,"interrupt_after":null,"webhook":null,"feedback_keys":null,"temporary":false,"subgraphs":false,"resumable":false,"checkpoint_during":true,"durability":"async"}"#;
