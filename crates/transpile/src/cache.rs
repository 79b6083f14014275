//! What was compiled before, by the content it was compiled from, as far as there is room.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::exports::TypeNames;
use crate::{Format, Module, Settings};

/// What a module was compiled from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CompiledFrom {
    path: PathBuf,
    content: [u8; 32],
    pub(crate) settings: Arc<Settings>,
    pub(crate) declared: Option<Format>,
    pub(crate) known: Known,
}

/// What a file does not say of what it imports, and others do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Known {
    /// Names that are types.
    pub(crate) types: TypeNames,
    /// Specifiers of CommonJS of which it takes everything there is.
    pub(crate) namespaces: BTreeSet<String>,
}

impl CompiledFrom {
    pub(crate) fn new(
        path: &Path,
        source: &str,
        settings: Arc<Settings>,
        declared: Option<Format>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            content: Sha256::digest(source).into(),
            settings,
            declared,
            known: Known::default(),
        }
    }

    /// The same where this is known.
    pub(crate) fn with(&self, known: Known) -> Self {
        Self {
            known,
            ..self.clone()
        }
    }
}

/// Modules, of which those that were not asked for the longest go first.
#[derive(Debug)]
pub(crate) struct ModuleCache {
    /// Of code, in bytes.
    room: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    modules: HashMap<CompiledFrom, Entry>,
    size: usize,
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    module: Arc<Module>,
    used: u64,
}

impl ModuleCache {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            room,
            held: Mutex::default(),
        }
    }

    pub(crate) fn get(&self, from: &CompiledFrom) -> Option<Arc<Module>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.clock += 1;
        let now = held.clock;
        let entry = held.modules.get_mut(from)?;
        entry.used = now;
        Some(entry.module.clone())
    }

    pub(crate) fn put(&self, from: CompiledFrom, module: Arc<Module>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.clock += 1;
        let used = held.clock;
        held.size += module.code.len();
        if let Some(before) = held.modules.insert(from, Entry { module, used }) {
            held.size -= before.module.code.len();
        }
        while held.size > self.room && held.drop_oldest() {}
    }
}

impl Held {
    fn drop_oldest(&mut self) -> bool {
        let oldest = self.modules.iter().min_by_key(|(_, entry)| entry.used);
        let Some(oldest) = oldest.map(|(from, _)| from.clone()) else {
            return false;
        };
        if let Some(entry) = self.modules.remove(&oldest) {
            self.size -= entry.module.code.len();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exports;

    fn from(name: &str) -> CompiledFrom {
        CompiledFrom::new(Path::new(name), "source", Arc::default(), None)
    }

    fn module(length: usize) -> Arc<Module> {
        Arc::new(Module {
            code: "x".repeat(length),
            format: Format::Module,
            is_by_syntax: false,
            imports: Vec::new(),
            exports: Exports::default(),
        })
    }

    #[test]
    fn what_was_not_asked_for_the_longest_makes_room() {
        let cache = ModuleCache::new(100);
        cache.put(from("a"), module(40));
        cache.put(from("b"), module(40));
        assert!(cache.get(&from("a")).is_some());
        cache.put(from("c"), module(40));
        let held = ["a", "b", "c"].map(|name| cache.get(&from(name)).is_some());
        assert_eq!(held, [true, false, true]);
    }

    #[test]
    fn what_is_put_twice_takes_room_once() {
        let cache = ModuleCache::new(100);
        for _ in 0..5 {
            cache.put(from("a"), module(60));
        }
        assert!(cache.get(&from("a")).is_some());
        assert_eq!(cache.held.lock().unwrap().size, 60);
    }

    #[test]
    fn other_content_or_other_settings_are_another_module() {
        let cache = ModuleCache::new(100);
        cache.put(from("a"), module(10));
        let path = Path::new("a");
        let classic = Arc::new(Settings {
            define_class_fields: false,
            ..Settings::default()
        });
        for other in [
            CompiledFrom::new(path, "other", Arc::default(), None),
            CompiledFrom::new(path, "source", classic, None),
            CompiledFrom::new(path, "source", Arc::default(), Some(Format::Module)),
        ] {
            assert!(cache.get(&other).is_none(), "{other:?}");
        }
    }
}
