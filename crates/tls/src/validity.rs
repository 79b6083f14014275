//! When a certificate is valid.

use std::time::{Duration, SystemTime};

use rustls::pki_types::{CertificateDer, UnixTime};
use time::OffsetDateTime;
use webpki::{EndEntityCert, KeyUsage};

/// What is wrong with the time of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// It was valid.
    #[error("it ended on {}", day(*.0))]
    On(SystemTime),
    /// It will be valid.
    #[error("it is not valid before {}", day(*.0))]
    NotBefore(SystemTime),
}

/// Whether a certificate is valid at a time, as far as time decides it.
pub(crate) fn check(certificate: &CertificateDer<'_>, at: SystemTime) -> Result<(), Ended> {
    let since = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let Ok(certificate) = EndEntityCert::try_from(certificate) else {
        return Ok(()); // That is for others to say.
    };
    let verified = certificate.verify_for_usage(
        &[],
        &[],
        &[],
        UnixTime::since_unix_epoch(since),
        KeyUsage::server_auth(),
        None,
        None,
    );
    // Nobody is trusted here, so it fails in any case; but time is looked at first.
    match verified.err() {
        Some(webpki::Error::CertExpired { not_after, .. }) => Err(Ended::On(moment(not_after))),
        Some(webpki::Error::CertNotValidYet { not_before, .. }) => {
            Err(Ended::NotBefore(moment(not_before)))
        }
        _ => Ok(()),
    }
}

/// Whether a certificate is valid now and for so long.
pub(crate) fn lasts(certificate: &CertificateDer<'_>, longer: Duration) -> bool {
    let now = SystemTime::now();
    check(certificate, now).is_ok() && check(certificate, now + longer).is_ok()
}

fn moment(time: UnixTime) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs())
}

fn day(time: SystemTime) -> String {
    OffsetDateTime::from(time).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, IsCa, KeyPair};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn a_certificate_is_valid_from_its_first_to_its_last_day_whatever_it_is_for() {
        let first = OffsetDateTime::from(SystemTime::UNIX_EPOCH + 1_000 * DAY);
        for is_ca in [
            IsCa::NoCa,
            IsCa::ExplicitNoCa,
            IsCa::Ca(rcgen::BasicConstraints::Unconstrained),
        ] {
            let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
            parameters.is_ca = is_ca;
            parameters.not_before = first;
            parameters.not_after = first + 10 * DAY;
            let key = KeyPair::generate().unwrap();
            let certificate = parameters.self_signed(&key).unwrap();
            let at = |day: u32| {
                let time = SystemTime::UNIX_EPOCH + day * DAY;
                check(certificate.der(), time).map_err(|ended| ended.to_string())
            };
            assert_eq!(at(1_005), Ok(()));
            assert_eq!(at(1_011), Err("it ended on 1972-10-07".into()));
            assert_eq!(at(999), Err("it is not valid before 1972-09-27".into()));
            assert!(!lasts(certificate.der(), DAY));
        }
    }
}
