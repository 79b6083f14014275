//! What an event of the operating system says about the path that it names; pure.

use notify::event::{EventKind, ModifyKind};

/// What an event may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing: something was read.
    Nothing,
    /// What a file holds.
    Content,
    /// What is at the path: something appeared there.
    Appeared,
    /// What is at the path: something left, and something else may be there now.
    Left,
}

/// Says what an event may have changed; what is not known in detail may be anything.
pub(super) fn meaning(kind: EventKind) -> Meaning {
    match kind {
        EventKind::Access(_) => Meaning::Nothing,
        EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_)) => Meaning::Content,
        EventKind::Create(_) => Meaning::Appeared,
        EventKind::Remove(_) | EventKind::Modify(_) | EventKind::Any | EventKind::Other => {
            Meaning::Left
        }
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{
        AccessKind, AccessMode, CreateKind, DataChange, MetadataKind, RemoveKind, RenameMode,
    };

    use super::*;

    #[test]
    fn reading_a_file_means_nothing() {
        for (kind, expected) in [
            (
                EventKind::Access(AccessKind::Open(AccessMode::Any)),
                Meaning::Nothing,
            ),
            (
                EventKind::Access(AccessKind::Close(AccessMode::Write)),
                Meaning::Nothing,
            ),
            (
                EventKind::Modify(ModifyKind::Data(DataChange::Any)),
                Meaning::Content,
            ),
            (
                EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)),
                Meaning::Content,
            ),
            (EventKind::Create(CreateKind::Folder), Meaning::Appeared),
            (EventKind::Create(CreateKind::File), Meaning::Appeared),
            (EventKind::Remove(RemoveKind::Folder), Meaning::Left),
            (
                EventKind::Modify(ModifyKind::Name(RenameMode::From)),
                Meaning::Left,
            ),
            (
                EventKind::Modify(ModifyKind::Name(RenameMode::To)),
                Meaning::Left,
            ),
            (EventKind::Modify(ModifyKind::Any), Meaning::Left),
            (EventKind::Any, Meaning::Left),
        ] {
            assert_eq!(meaning(kind), expected, "{kind:?}");
        }
    }
}
