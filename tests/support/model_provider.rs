//! A provider of models for any host, over TLS: a proxy of the kind that companies have, which is every host it is asked for itself.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

/// What the provider was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRequest {
    /// `POST https://HOST/PATH`, more or less.
    pub line: String,
    /// The body.
    pub body: String,
    /// The value of its `authorization`.
    pub key: String,
}

/// What it answers: a type, and the pieces of the body.
pub type ModelAnswer = (&'static str, Vec<String>);

/// A provider that answers as long as it is there.
pub struct ModelProvider {
    address: String,
    folder: TempDir,
    asked: Arc<Mutex<Vec<ModelRequest>>>,
}

struct Host {
    issuer: Issuer<'static, KeyPair>,
    answer: fn(&ModelRequest) -> ModelAnswer,
    /// With which status whatever is asked for the first time is sent away.
    at_first: Option<u16>,
    asked: Arc<Mutex<Vec<ModelRequest>>>,
}

impl ModelProvider {
    /// A secret that it hands out with each answer.
    pub const COOKIE: &str = "planted-in-an-answer";

    /// Begins to answer.
    pub fn start(answer: fn(&ModelRequest) -> ModelAnswer) -> Result<Self> {
        Self::start_as(answer, None)
    }

    /// The same, but whatever is asked for the first time gets an error with this status: 429, for one, says that it is to come again.
    pub fn failing_at_first(status: u16, answer: fn(&ModelRequest) -> ModelAnswer) -> Result<Self> {
        Self::start_as(answer, Some(status))
    }

    fn start_as(answer: fn(&ModelRequest) -> ModelAnswer, at_first: Option<u16>) -> Result<Self> {
        let folder = TempDir::new()?;
        let key = KeyPair::generate()?;
        let mut own = CertificateParams::default();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        own.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = own.self_signed(&key)?.pem();
        fs_err::write(folder.path().join("provider.pem"), pem)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let asked = Arc::<Mutex<Vec<ModelRequest>>>::default();
        let host = Arc::new(Host {
            issuer: Issuer::new(own, key),
            answer,
            at_first,
            asked: Arc::clone(&asked),
        });
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let host = Arc::clone(&host);
                // A client that hangs up has its reasons; what matters is what it was answered.
                std::thread::spawn(move || drop(host.serve(stream)));
            }
        });
        Ok(Self {
            address,
            folder,
            asked,
        })
    }

    /// The variables by which a program reaches it.
    pub fn variables(&self) -> [(&'static str, String); 2] {
        let certificates: PathBuf = self.folder.path().join("provider.pem");
        [
            ("HTTPS_PROXY", format!("http://{}", self.address)),
            ("SSL_CERT_FILE", certificates.display().to_string()),
        ]
    }

    /// All it was asked so far.
    pub fn asked(&self) -> Vec<ModelRequest> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl Host {
    fn serve(&self, mut stream: TcpStream) -> Result<()> {
        // Byte by byte: what follows is for TLS.
        let (first, _) = head(&mut BufReader::with_capacity(1, &stream))?;
        let to = first.split(' ').nth(1).context("a target")?;
        let to = to.split(':').next().unwrap_or_default().to_owned();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        let connection = ServerConnection::new(self.certified(&to)?)?;
        let mut stream = BufReader::new(StreamOwned::new(connection, stream));
        loop {
            let (first, headers) = head(&mut stream)?;
            let header = |name: &str| {
                let mut found = headers.iter().filter_map(|line| line.split_once(": "));
                let found = found.find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map_or(String::new(), |(_, value)| value.to_owned())
            };
            let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
            stream.read_exact(&mut body)?;
            let request = ModelRequest {
                line: first.replacen(" /", &format!(" https://{to}/"), 1),
                body: String::from_utf8(body)?,
                key: header("authorization"),
            };
            let comes_again = {
                let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
                let known = asked
                    .iter()
                    .any(|it| (&it.line, &it.body) == (&request.line, &request.body));
                asked.push(request.clone());
                self.at_first.filter(|_| !known)
            };
            let (status, more, (kind, pieces)) = if let Some(status) = comes_again {
                let error = r#"{"error": {"type": "not_now", "message": "not at first"}}"#;
                let answer = ("application/json", vec![error.to_owned()]);
                (status, "retry-after-ms: 1\r\n", answer)
            } else {
                (200, "", (self.answer)(&request))
            };
            let out = stream.get_mut();
            write!(
                out,
                "HTTP/1.1 {status} said\r\ncontent-type: {kind}\r\nset-cookie: session={}\r\n{more}transfer-encoding: chunked\r\n\r\n",
                ModelProvider::COOKIE,
            )?;
            for piece in pieces {
                write!(out, "{:x}\r\n{piece}\r\n", piece.len())?;
                out.flush()?;
            }
            write!(out, "0\r\n\r\n")?;
            out.flush()?;
        }
    }

    fn certified(&self, host: &str) -> Result<Arc<ServerConfig>> {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new([host.to_owned()])?;
        // With the name of its issuer, it would be one that signed itself.
        parameters.distinguished_name = DistinguishedName::new();
        let certificate = parameters.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)?;
        Ok(Arc::new(server))
    }
}

/// The first line of a message, and its headers.
fn head(stream: &mut impl BufRead) -> Result<(String, Vec<String>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers = lines.split_off(1);
    Ok((lines.concat(), headers))
}
