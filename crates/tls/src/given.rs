//! A certificate and its key as somebody gives them: two files in PEM. What cannot be used is told before anything starts.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use webpki::EndEntityCert;

use crate::identity::Identity;
use crate::validity;

/// How the first byte of most files in DER reads.
const DER: u8 = 0x30;

/// Why a file is of no use.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", .file.display())]
pub struct GivenError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub what: String,
    /// What to do.
    pub help: String,
}

/// Reads a certificate, with those that lead to one that is trusted behind it, and its key.
///
/// # Errors
/// What cannot be used of it.
pub fn read(certificate: &Path, key: &Path) -> Result<Identity, GivenError> {
    let chain = chain(certificate)?;
    let identity = Identity {
        chain,
        key: private_key(key)?,
    };
    let first = EndEntityCert::try_from(identity.certificate());
    if let Err(error) = first {
        let is_old = matches!(error, webpki::Error::UnsupportedCertVersion);
        let what = if is_old {
            "the certificate is of version 1 of X.509, which no browser takes".to_owned()
        } else {
            format!("the first certificate cannot be read: {error}")
        };
        return Err(wrong(certificate, what, MAKE));
    }
    if let Err(ended) = validity::check(identity.certificate(), SystemTime::now()) {
        return Err(wrong(
            certificate,
            format!("the certificate cannot be used: {ended}"),
            MAKE,
        ));
    }
    match identity.server() {
        Ok(_) => Ok(identity),
        Err(rustls::Error::InconsistentKeys(_)) => Err(wrong(
            key,
            format!(
                "this is not the key of the first certificate in {}",
                certificate.display()
            ),
            "a server's own certificate comes first in its file, before those of authorities; give the key that it was made with",
        )),
        Err(error) => Err(wrong(
            key,
            format!("the key cannot be used: {error}"),
            "RSA of 2048 bits or more, ECDSA on P-256 or P-384, and Ed25519 can be",
        )),
    }
}

const MAKE: &str = "make another one, as with `mkcert localhost 127.0.0.1 ::1`, or use --tls";

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, GivenError> {
    let text = bytes(file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| unreadable(file, &error))?;
    if found.is_empty() {
        let what = absent("certificate", "BEGIN CERTIFICATE", &text);
        return Err(wrong(file, what, &in_pem(file, &text, "x509")));
    }
    Ok(found)
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, GivenError> {
    let text = bytes(file)?;
    let is_encrypted = contains(&text, b"BEGIN ENCRYPTED PRIVATE KEY")
        || contains(&text, b"Proc-Type: 4,ENCRYPTED");
    if is_encrypted {
        let help = format!(
            "write it without its passphrase: openssl pkey -in {} -out key.pem",
            file.display()
        );
        return Err(wrong(file, "the key is encrypted".to_owned(), &help));
    }
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) => {
            let what = absent("private key", "BEGIN PRIVATE KEY", &text);
            Err(wrong(file, what, &in_pem(file, &text, "pkey")))
        }
        Err(error) => Err(unreadable(file, &error)),
    }
}

/// No file of certificates is longer.
const MOST: u64 = 1024 * 1024;

fn bytes(file: &Path) -> Result<Vec<u8>, GivenError> {
    let read = || -> io::Result<Vec<u8>> {
        let metadata = std::fs::metadata(file)?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is no plain file"));
        }
        if metadata.len() > MOST {
            return Err(io::Error::other("it is longer than a megabyte"));
        }
        std::fs::read(file)
    };
    read().map_err(|error| {
        let what = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => format!("it cannot be read: {error}"),
        };
        wrong(file, what, "paths are relative to the current directory")
    })
}

fn unreadable(file: &Path, error: &pem::Error) -> GivenError {
    wrong(
        file,
        format!("this is broken PEM: {error}"),
        "copy the file again, with all of its lines",
    )
}

fn absent(noun: &str, line: &str, text: &[u8]) -> String {
    let mut what = format!("there is no {noun} in it, which would begin with `-----{line}-----`");
    if contains(text, b"-----BEGIN ") {
        let begun = String::from_utf8_lossy(text);
        let first = begun.lines().find(|line| line.starts_with("-----BEGIN "));
        let _ = write!(what, "; it has `{}`", first.unwrap_or_default());
    }
    what
}

fn in_pem(file: &Path, text: &[u8], command: &str) -> String {
    let file = file.display();
    if text.first() == Some(&DER) {
        format!("it may be in DER: openssl {command} -inform der -in {file} -out {command}.pem")
    } else {
        "is --ssl-certfile the certificate, and --ssl-keyfile the key?".to_owned()
    }
}

fn wrong(file: &Path, what: String, help: &str) -> GivenError {
    GivenError {
        file: file.to_owned(),
        what,
        help: help.to_owned(),
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    struct Files {
        folder: tempfile::TempDir,
    }

    impl Files {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let key = KeyPair::generate().unwrap();
            let parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
            let pem = parameters.self_signed(&key).unwrap().pem();
            let files = Self { folder };
            files.write("cert.pem", pem.as_bytes());
            files.write("key.pem", key.serialize_pem().as_bytes());
            files
        }

        fn write(&self, name: &str, text: &[u8]) {
            std::fs::write(self.folder.path().join(name), text).unwrap();
        }

        fn refusal(&self, certificate: &str, key: &str) -> String {
            let of = |name: &str| self.folder.path().join(name);
            let error = read(&of(certificate), &of(key)).unwrap_err();
            let file = error.file.file_name().unwrap().to_str().unwrap();
            format!("{file}: {}; {}", error.what, error.help)
        }
    }

    #[test]
    fn a_certificate_and_its_key_are_an_identity_also_from_one_file() {
        let files = Files::new();
        let of = |name: &str| files.folder.path().join(name);
        assert!(
            read(&of("cert.pem"), &of("key.pem"))
                .unwrap()
                .is_of("localhost")
        );
        let both = [
            std::fs::read(of("key.pem")).unwrap(),
            std::fs::read(of("cert.pem")).unwrap(),
        ];
        files.write("both.pem", &both.concat());
        assert!(read(&of("both.pem"), &of("both.pem")).is_ok());
    }

    #[test]
    fn what_cannot_be_used_is_told_with_its_file() {
        let files = Files::new();
        let other = KeyPair::generate().unwrap();
        files.write("other.pem", other.serialize_pem().as_bytes());
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2021, 2, 3);
        let ended = parameters.self_signed(&other).unwrap();
        files.write("ended.pem", ended.pem().as_bytes());
        files.write("cert.der", ended.der());
        let locked =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        files.write("locked.pem", locked.as_bytes());
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        files.write("locked-rsa.pem", old.as_bytes());
        files.write("empty.pem", b"");
        files.write("cut.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n");
        for (certificate, key, expected) in [
            (
                "cert.pem",
                "other.pem",
                "other.pem: this is not the key of the first certificate in ",
            ),
            (
                "cert.pem",
                "locked.pem",
                "locked.pem: the key is encrypted; write it without its passphrase: openssl pkey -in ",
            ),
            (
                "cert.pem",
                "locked-rsa.pem",
                "locked-rsa.pem: the key is encrypted",
            ),
            (
                "ended.pem",
                "other.pem",
                "ended.pem: the certificate cannot be used: it ended on 2021-02-03; make another one",
            ),
            (
                "cert.der",
                "other.pem",
                "cert.der: there is no certificate in it, which would begin with `-----BEGIN CERTIFICATE-----`; it may be in DER: openssl x509 -inform der",
            ),
            (
                "key.pem",
                "cert.pem",
                "key.pem: there is no certificate in it, which would begin with `-----BEGIN CERTIFICATE-----`; it has `-----BEGIN PRIVATE KEY-----`; is --ssl-certfile the certificate",
            ),
            (
                "cert.pem",
                "cert.pem",
                "cert.pem: there is no private key in it",
            ),
            (
                "cert.pem",
                "empty.pem",
                "empty.pem: there is no private key in it",
            ),
            ("cut.pem", "key.pem", "cut.pem: this is broken PEM"),
            ("gone.pem", "key.pem", "gone.pem: there is no such file"),
        ] {
            let refusal = files.refusal(certificate, key);
            assert!(refusal.starts_with(expected), "{refusal}");
        }
        let folder = read(files.folder.path(), files.folder.path()).unwrap_err();
        assert!(folder.what.contains("no plain file"), "{folder}");
    }
}
