//! A proxy on a provider, with a folder of recordings.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lgx_cassettes::{Library, Mode};
use lgx_record::{RecordOptions, RecordingProxy, Told};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::client::Client;
use crate::provider::Provider;
use crate::within::within;

/// What lasts from one proxy to the next.
pub(crate) struct Place {
    folder: TempDir,
}

/// A proxy that runs.
pub(crate) struct Running {
    pub(crate) library: Arc<Library>,
    told: Arc<watch::Sender<Vec<Told>>>,
    pub(crate) variables: HashMap<String, String>,
    proxy: RecordingProxy,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn cassettes(&self) -> std::path::PathBuf {
        self.folder.path().join("cassettes")
    }

    /// Starts a proxy whose user has to go by the provider, if there is one.
    pub(crate) async fn start(&self, mode: Mode, provider: Option<&Provider>) -> Running {
        let variables = provider.map_or(Vec::new(), |provider| {
            let proxy = format!("http://127.0.0.1:{}", provider.port);
            let certificates = provider.certificates().into_os_string();
            vec![
                ("HTTPS_PROXY".into(), proxy.clone().into()),
                ("HTTP_PROXY".into(), proxy.into()),
                ("SSL_CERT_FILE".into(), certificates),
            ]
        });
        self.start_with(mode, variables).await
    }

    pub(crate) async fn start_with(
        &self,
        mode: Mode,
        variables: Vec<(OsString, OsString)>,
    ) -> Running {
        let library = Arc::new(Library::open(self.cassettes(), mode));
        let told = Arc::new(watch::Sender::new(Vec::new()));
        let hears = Arc::clone(&told);
        let proxy = RecordingProxy::start(RecordOptions {
            library: Arc::clone(&library),
            state_dir: self.folder.path().join("state"),
            hosts: vec!["models.test".to_owned()],
            variables: variables.clone(),
            command: "lgx exec --mode auto -- pytest".to_owned(),
            teller: Arc::new(move |it| hears.send_modify(|told| told.push(it))),
        });
        let proxy = proxy.await.unwrap();
        let mut environment = variables;
        proxy.variables().lay_over(&mut environment);
        let text = |text: OsString| text.into_string().unwrap();
        let variables = environment.into_iter();
        Running {
            library,
            told,
            variables: variables
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
            proxy,
        }
    }
}

impl Running {
    /// A client as a worker has one.
    pub(crate) fn client(&self) -> Client {
        let trusts = Path::new(&self.variables["SSL_CERT_FILE"]);
        Client::new(&self.variables["HTTPS_PROXY"], trusts)
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.borrow().clone()
    }

    /// The first thing that is told, when it is.
    pub(crate) async fn hears(&self) -> Told {
        let mut told = self.told.subscribe();
        let told = within(
            "something to be told",
            told.wait_for(|told| !told.is_empty()),
        );
        told.await.unwrap()[0].clone()
    }

    /// A request in words, with the secret of the proxy.
    pub(crate) fn asking(&self, first: &str, headers: &str) -> String {
        let (user, _) = self.variables["HTTPS_PROXY"].rsplit_once('@').unwrap();
        let token = STANDARD.encode(user.strip_prefix("http://").unwrap());
        let own = format!("host: x\r\nproxy-authorization: Basic {token}\r\n");
        format!("{first} HTTP/1.1\r\n{own}{headers}connection: close\r\n\r\n")
    }

    /// What the proxy answers to these words.
    pub(crate) async fn said(&self, words: &str) -> String {
        let (_, address) = self.variables["HTTPS_PROXY"].rsplit_once('@').unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(words.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = within("an answer", stream.read_to_string(&mut answer));
        read.await.unwrap();
        answer
    }

    /// Ends it, and gives what was recorded of it.
    pub(crate) async fn close(self) -> Arc<Library> {
        self.proxy.close().await;
        self.library
    }
}
