//! A project on disk: a langgraph.json that names the fake graphs, and files that stand for the user's code.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lgx_devserver::{Database, DatabaseAddress};
use lgx_store::instances::Sharing;
use lgx_store::{Authority, Connecting, Store};
use lgx_test_postgres::TestDatabase;
use lgx_tls::Roots;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The graphs of the fake worker that a project names.
const GRAPHS: [&str; 8] = [
    "agent", "multi", "boom", "hitl", "tokens", "custom", "stuck", "die",
];

/// A project in a directory of its own, which goes with it.
pub struct TestProject {
    directory: TempDir,
    database: Option<TestDatabase>,
}

/// Names the backend of the tests' stores: `postgres`, or a directory.
const STORE: &str = "LGX_TEST_STORE";

impl Default for TestProject {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::unwrap_used, reason = "a test cannot go on without its files")]
impl TestProject {
    /// A project with all fake graphs and without auth.
    pub fn new() -> Self {
        Self::with(json!({}))
    }

    /// The same, with its state in a directory, whatever the other tests use.
    #[must_use]
    pub fn in_directory() -> Self {
        Self {
            database: None,
            ..Self::new()
        }
    }

    /// The same, with its state in this database, which others may use too.
    #[must_use]
    pub fn in_database(database: TestDatabase) -> Self {
        Self::laid_out(Some(database), json!({}))
    }

    /// The same, with these sections in its langgraph.json.
    pub fn with(more: Value) -> Self {
        Self::laid_out(database(), more)
    }

    fn laid_out(database: Option<TestDatabase>, more: Value) -> Self {
        let project = Self {
            directory: tempfile::tempdir().unwrap(),
            database,
        };
        project.write("graphs.py", "# The fake worker knows what is in here.\n");
        project.write("auth.py", "# The fake worker knows what is in here.\n");
        project.configure(more);
        project
    }

    /// The project's directory, as the operating system itself spells it.
    pub fn path(&self) -> PathBuf {
        self.directory.path().canonicalize().unwrap()
    }

    /// The langgraph.json file.
    pub fn config(&self) -> PathBuf {
        self.path().join("langgraph.json")
    }

    /// The database that keeps the server's state, if none of its directories does.
    pub fn database(&self) -> Option<Database> {
        let address = self.database.as_ref()?.address().to_owned();
        Some(Database {
            address: Arc::new(DatabaseAddress::new(address, Roots::default())),
            migrates: true,
            instance: None,
            shared: None,
        })
    }

    /// The state, as a server has it; none uses it.
    pub async fn open_store(&self) -> (Store, Authority) {
        match self.database() {
            Some(Database {
                address, migrates, ..
            }) => {
                let how = Connecting {
                    migrates,
                    sharing: Sharing::Alone,
                };
                Store::connect(&address, how).await.unwrap()
            }
            None => Store::open(&self.state()).unwrap(),
        }
    }

    /// What is kept in the state, byte by byte, with its place.
    pub fn stored(&self) -> Vec<(String, Vec<u8>)> {
        if let Some(database) = &self.database {
            return vec![("the database".to_owned(), database.dump().unwrap().into())];
        }
        let files = std::fs::read_dir(self.state()).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        paths
            .filter(|path| path.is_file())
            .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
            .collect()
    }

    /// Where the server keeps its state, if no database does.
    pub fn state(&self) -> PathBuf {
        self.path().join(".lgx")
    }

    /// Writes a langgraph.json with all fake graphs and these sections.
    pub fn configure(&self, more: Value) {
        let graphs = GRAPHS.map(|graph| (graph.to_owned(), json!(format!("./graphs.py:{graph}"))));
        let mut config =
            json!({"dependencies": ["."], "graphs": Value::Object(graphs.into_iter().collect())});
        if let (Value::Object(config), Value::Object(more)) = (&mut config, more) {
            config.extend(more);
        }
        self.write("langgraph.json", &config.to_string());
    }

    /// Writes a file, all at once as editors do.
    pub fn write(&self, file: impl AsRef<Path>, text: &str) {
        let file = self.path().join(file);
        let draft = self.path().join(".draft");
        std::fs::write(&draft, text).unwrap();
        std::fs::rename(draft, file).unwrap();
    }
}

/// A database for a project, where tests are to have one. Where none can be had, a line says so, and the state is in a directory.
#[expect(clippy::unwrap_used, reason = "a test cannot go on without it")]
fn database() -> Option<TestDatabase> {
    if std::env::var(STORE).is_ok_and(|store| store == "postgres") {
        match TestDatabase::make().unwrap() {
            Ok(database) => return Some(database),
            Err(reason) => {
                // Not `eprintln!`, which nobody sees of a test that passes.
                let _ = writeln!(std::io::stderr(), "SKIPPED: {STORE}: {reason}");
            }
        }
    }
    None
}
