//! A folder of recordings in the hands of one run of lgx: what is asked is found in it, what is new is kept in it.

mod files;
mod green_run;
mod session;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::document::Recording;
use crate::error::{KeepError, LibraryError};
use crate::ids::NormalForm;
use crate::key::key_of;
use crate::layout::laid_out;
use crate::nearest::Nearest;
use crate::request::Request;
use crate::response::Response;
use crate::rules::Rules;
use crate::secrets::Scan;

pub use files::Entry;
pub use green_run::GreenRun;
pub use session::Uses;

use session::Session;

/// What a run of lgx does about calls of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Each is asked of the model, and what was recorded of it is replaced.
    Record,
    /// What is recorded and went well is played, all else is asked of the model and kept.
    Auto,
    /// What is recorded is played, errors too, in the order in which it was recorded. There is nothing else.
    Replay,
}

/// The recordings of one folder. It is shared by whatever asks at the same time.
#[derive(Debug)]
pub struct Library {
    folder: PathBuf,
    mode: Mode,
    form: NormalForm,
    scan: Scan,
    session: Mutex<Session>,
    writes: Mutex<()>,
}

/// An answer that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The file, from the folder of the library on.
    pub name: String,
}

impl Library {
    /// The library in a folder, which is made when the first answer is kept.
    pub fn open(folder: impl Into<PathBuf>, mode: Mode) -> Self {
        Self {
            folder: folder.into(),
            mode,
            form: NormalForm::new(false),
            scan: Scan::new(Vec::new()),
            session: Mutex::default(),
            writes: Mutex::default(),
        }
    }

    /// The same by what a project says of its recordings.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.form = NormalForm::new(rules.ignores_dates);
        self.scan = Scan::new(rules.allowed);
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is done about calls.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What is to be played for a request. Equal requests of one run get what was recorded for them one after the other, and the
    /// last of it again when there is no more. In [`Mode::Record`] there is never anything. It reads files.
    pub fn find(&self, request: &Request) -> Result<Option<Recording>, LibraryError> {
        if self.mode == Mode::Record {
            return Ok(None);
        }
        let key = key_of(request, &self.form);
        let mut recordings = files::recordings_of_key(&self.folder, request.host(), &key)?;
        if self.mode == Mode::Auto {
            recordings.retain(|recording| recording.response.is_success());
        }
        if recordings.is_empty() {
            return Ok(None);
        }
        let mut session = self.session();
        let number = session.asked(&key).min(recordings.len() - 1);
        let recording = recordings.swap_remove(number);
        session.played(&recording.name);
        Ok(Some(recording))
    }

    /// Keeps an answer, after what this run has kept for equal requests; what earlier runs had kept for them is removed. It writes a
    /// file, at once and as a whole. Nothing is kept that has a secret in it.
    pub fn keep(&self, request: &Request, response: &Response) -> Result<Kept, KeepError> {
        if matches!(response.status(), 401 | 403 | 407) {
            return Err(KeepError::NotAllowed {
                request: request.to_string(),
                status: response.status(),
            });
        }
        let key = key_of(request, &self.form);
        let recording = Recording {
            name: String::new(),
            request: request.clone(),
            response: response.clone(),
            recorded: today(),
            tokens: None,
        };
        let document = recording.to_json();
        if let Some(secret) = self.scan.first_in(&document, request.credentials()) {
            let request = if secret.place == "request.path" {
                format!("{} {}", request.method(), request.host())
            } else {
                request.to_string()
            };
            return Err(KeepError::Secret {
                request,
                place: secret.place,
                what: secret.what,
                digest: secret.digest,
            });
        }
        // One after the other: what removes the answers of earlier runs must not meet the second one of this run.
        let _writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.session().keeps(&key);
        let name = files::name(request.host(), &key, number);
        self.write(&name, &laid_out(&document))
            // Afterwards, so that whoever plays meanwhile finds one.
            .and_then(|()| match number {
                1 => files::remove_others(&self.folder, request.host(), &key, &name),
                _ => Ok(()),
            })
            .map_err(|source| KeepError::Write {
                request: request.to_string(),
                source,
            })?;
        self.session().kept(&name);
        Ok(Kept { name })
    }

    /// The recording that is nearest to a request: of those of its host and path, or else of its host. It reads files.
    pub fn nearest(&self, request: &Request) -> Option<Nearest> {
        let of_host = files::of_host(&self.folder, request.host()).ok()?;
        let recordings = of_host
            .iter()
            .filter_map(|name| files::read(&self.folder, name).ok());
        let (same_path, others): (Vec<_>, Vec<_>) =
            recordings.partition(|recording| recording.request.path() == request.path());
        let of =
            |recordings: Vec<Recording>| Nearest::of(request, &self.form, recordings.into_iter());
        of(same_path).or_else(|| of(others))
    }

    /// All recordings of the folder, in the order of their names.
    pub fn entries(&self) -> Result<Vec<Entry>, LibraryError> {
        files::entries(&self.folder)
    }

    /// What this run has used so far.
    pub fn used(&self) -> Result<Uses, LibraryError> {
        let names = files::all(&self.folder)?;
        Ok(self.session().uses(names))
    }

    /// Remembers what this run has used, because it went well: what `prune` goes by.
    pub fn remember_green_run(&self) -> Result<(), LibraryError> {
        let used = self.used()?.used;
        GreenRun::now(used).write(&self.folder)
    }

    /// Removes recordings by their names.
    pub fn remove<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), LibraryError> {
        for name in names {
            files::remove(&self.folder, name)?;
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> std::io::Result<()> {
        let path = self.folder.join(name);
        let folder = path.parent().unwrap_or(&self.folder);
        fs_err::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".recording-")
            .permissions(files::permissions())
            .tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(&path)?;
        Ok(())
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn today() -> String {
    let now = jiff::Timestamp::now();
    now.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}
