//! Certificates and whom to trust: those that are given as files, those that an authority of lgx's own signs, and clients that check them.

mod authority;
mod given;
mod identity;
mod local;
mod private_file;
mod roots;
mod trust;
mod validity;

pub use authority::{AuthorityProfile, CertificateAuthority, CertificateError};
pub use given::{GivenError, read};
pub use identity::Identity;
pub use local::{LocalAuthority, NAME as LOCAL_AUTHORITY};
pub use private_file::write as write_private;
pub use roots::Roots;
pub use trust::{fingerprint, only};
pub use validity::Ended;
