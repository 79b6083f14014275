//! What ties a login to the certificate that the server showed, so that nobody between them can pass it on.

use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};

/// The hash of a certificate that both sides compare (`tls-server-end-point` of RFC 5929); nothing for one whose signature names no
/// hash, which is not compared.
pub(super) fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let hash = hash_of(signature_algorithm(certificate)?)?;
    Some(digest(hash, certificate).as_ref().to_vec())
}

/// The hash that a certificate is compared by, from the object identifier of what it is signed with.
fn hash_of(signature_algorithm: &[u8]) -> Option<&'static Algorithm> {
    match signature_algorithm {
        // RSA (1.2.840.113549.1.1) with MD5, SHA-1 or SHA-256, ECDSA (1.2.840.10045.4) with SHA-1 or SHA-256: weak ones count as SHA-256.
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"
        | b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"
        | b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"
        | b"\x2a\x86\x48\xce\x3d\x04\x01"
        | b"\x2a\x86\x48\xce\x3d\x04\x03\x02" => Some(&SHA256),
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c" | b"\x2a\x86\x48\xce\x3d\x04\x03\x03" => {
            Some(&SHA384)
        }
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d" | b"\x2a\x86\x48\xce\x3d\x04\x03\x04" => {
            Some(&SHA512)
        }
        _ => None,
    }
}

/// The object identifier in the second of the three parts of a certificate.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const OBJECT_IDENTIFIER: u8 = 0x06;
    let (parts, _) = element(SEQUENCE, certificate)?;
    let (_, behind_contents) = element(SEQUENCE, parts)?;
    let (algorithm, _) = element(SEQUENCE, behind_contents)?;
    let (identifier, _) = element(OBJECT_IDENTIFIER, algorithm)?;
    Some(identifier)
}

/// The content of the DER element of this kind that the bytes begin with, and what is behind it.
fn element(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, bytes) = bytes.split_first()?;
    let (&length, bytes) = bytes.split_first()?;
    if first != tag {
        return None;
    }
    // From 128 on it says how many bytes the length takes.
    let (length, bytes) = match length.checked_sub(0x80) {
        None => (usize::from(length), bytes),
        Some(count @ 1..=4) => {
            let (length, bytes) = bytes.split_at_checked(usize::from(count))?;
            let length = length
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (length, bytes)
        }
        Some(_) => return None,
    };
    bytes.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn made_with(algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    /// No contents and no signature, but what it says that it is signed with.
    fn signed_with(identifier: &[u8]) -> Vec<u8> {
        let of = |tag: u8, content: &[u8]| {
            [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
        };
        let algorithm = of(0x30, &of(0x06, identifier));
        of(0x30, &[of(0x30, b""), algorithm, of(0x03, b"")].concat())
    }

    #[test]
    fn a_certificate_is_compared_by_the_hash_that_it_is_signed_with() {
        let by = |hash, certificate: &[u8]| Some(digest(hash, certificate).as_ref().to_vec());

        let certificate = made_with(&rcgen::PKCS_ECDSA_P256_SHA256);
        assert!(certificate.len() > 0x80);
        assert_eq!(end_point(&certificate), by(&SHA256, &certificate));
        let certificate = made_with(&rcgen::PKCS_ECDSA_P384_SHA384);
        assert_eq!(end_point(&certificate), by(&SHA384, &certificate));
        assert_eq!(end_point(&made_with(&rcgen::PKCS_ED25519)), None);

        let rsa = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01";
        for (last, hash) in [
            (4, &SHA256),
            (5, &SHA256),
            (11, &SHA256),
            (12, &SHA384),
            (13, &SHA512),
        ] {
            let certificate = signed_with(&[rsa.as_slice(), &[last]].concat());
            assert_eq!(end_point(&certificate), by(hash, &certificate), "{last}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_not_compared() {
        let certificate = made_with(&rcgen::PKCS_ECDSA_P256_SHA256);
        for bytes in [
            b"".as_slice(),
            b"\x30",
            b"\x30\x80",
            b"\x30\x85\x01\x01\x01\x01\x01",
            b"\x30\x84\xff\xff\xff\xff",
            &certificate[..certificate.len() - 1],
            &certificate[1..],
        ] {
            assert_eq!(end_point(bytes), None, "{bytes:?}");
        }
    }
}
