//! What is kept ahead costs memory: how much.

use super::{Slot, Spares};

/// The memory of what is kept ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpareMemory {
    /// Processes.
    pub processes: usize,
    /// What they hold, each page divided by how many share it.
    pub proportional_bytes: u64,
}

impl SpareMemory {
    /// Of both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            processes: self.processes + other.processes,
            proportional_bytes: self.proportional_bytes + other.proportional_bytes,
        }
    }
}

impl Spares {
    /// The memory of what is kept ahead, where the operating system tells it.
    pub fn memory(&self) -> Option<SpareMemory> {
        let zygote = self
            .state()
            .zygote
            .as_ref()
            .map(|warmed| warmed.zygote.hello.pid);
        let spare = match &*self.slot.borrow() {
            Slot::Ready(spare) => Some(spare.introduced.hello.pid),
            Slot::Empty | Slot::Warming(_) => None,
        };
        let mut memory = SpareMemory::default();
        for pid in [zygote, spare].into_iter().flatten() {
            memory.processes += 1;
            memory.proportional_bytes += proportional_bytes(pid)?;
        }
        Some(memory)
    }
}

/// What a process holds, each page divided by how many share it.
fn proportional_bytes(pid: u32) -> Option<u64> {
    let rollup = fs_err::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
