//! How connections are encrypted.

mod binding;
mod connector;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use lgx_tls::Roots;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

pub(super) use self::connector::{Encrypted, Encrypts};
use super::address::Address;
use crate::{Result, StoreError};

/// What encrypts the connections to this address.
pub(super) fn client(address: &Address, roots: &Roots) -> Result<ClientConfig> {
    let client = if !address.verifies {
        whoever_answers()
    } else if let Some(file) = &address.trusted {
        trusting(file)?.client()
    } else {
        roots.client()
    };
    client.map_err(|error| StoreError::Address(error.to_string()))
}

/// The certificates in a file alone.
fn trusting(file: &Path) -> Result<Roots> {
    let text = fs_err::read_to_string(file)
        .map_err(|error| StoreError::Address(format!("sslrootcert: {error}")))?;
    if !text.contains("BEGIN CERTIFICATE") {
        return Err(StoreError::Address(format!(
            "sslrootcert: {} holds no certificate",
            file.display()
        )));
    }
    Ok(Roots::of(&|name| {
        (name == "SSL_CERT_FILE").then(|| file.to_owned())
    }))
}

fn whoever_answers() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(AnyCertificate(Arc::clone(&provider)));
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(client)
}

/// Takes any certificate, as `sslmode=require` says; who listens in is kept out, who answers in the server's place is not.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
