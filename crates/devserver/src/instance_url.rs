//! Where the other servers of a database reach this one, if that is not said: at the address by which this machine reaches the database.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use lgx_engine::options::Database;
use lgx_engine::sharing::InstanceUrl;
use lgx_store::instances::Instance;

/// What a server that listens there is to the others of its database, if it is one of several.
pub(crate) async fn of(
    database: &Database,
    listening: SocketAddr,
    speaks_tls: bool,
) -> Option<Instance> {
    let shared = database.shared.as_ref()?;
    let url = match &shared.url {
        Some(url) => Some(url.clone()),
        None if listening.ip().is_unspecified() => {
            let reaches = database.address.reached_from().await;
            url(listening, reaches, speaks_tls)
        }
        None => url(listening, None, speaks_tls),
    };
    if shared.url.is_none() && url.as_ref().is_some_and(is_of_own_machine) {
        tracing::warn!(
            "only instances on this machine reach this one; for those on others say where it is, with --instance-url"
        );
    }
    Some(Instance {
        instance_id: shared.instance_id,
        url: url.map(|url| url.to_string()),
        fingerprint: shared.secret.fingerprint(),
    })
}

/// Whether nobody else's machine leads there.
fn is_of_own_machine(url: &InstanceUrl) -> bool {
    let host = url.authority.host();
    let ip = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    ip.is_ok_and(|ip| ip.is_loopback())
}

/// A server that listens at one address is reached there alone; else at the one by which its machine reaches the database, which is on the
/// same machine where there is none.
fn url(listening: SocketAddr, reaches: Option<IpAddr>, speaks_tls: bool) -> Option<InstanceUrl> {
    let ip = match listening.ip() {
        ip if ip.is_unspecified() => reaches.unwrap_or_else(|| Ipv4Addr::LOCALHOST.into()),
        ip => ip,
    };
    let scheme = if speaks_tls { "https" } else { "http" };
    let address = SocketAddr::new(ip, listening.port());
    format!("{scheme}://{address}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_reached_where_it_listens_or_as_its_machine_reaches_the_database() {
        let database: IpAddr = [10, 0, 0, 7].into();
        for (listening, reaches, tls, expected) in [
            (
                "0.0.0.0:8000",
                Some(database),
                false,
                "http://10.0.0.7:8000",
            ),
            ("0.0.0.0:8000", None, false, "http://127.0.0.1:8000"),
            ("[::]:8000", Some(database), true, "https://10.0.0.7:8000"),
            (
                "192.168.1.2:81",
                Some(database),
                false,
                "http://192.168.1.2:81",
            ),
            ("[::1]:81", None, false, "http://[::1]:81"),
        ] {
            let url = url(listening.parse().unwrap(), reaches, tls).unwrap();
            assert_eq!(url.to_string(), expected);
            let own = expected.contains("127.0.0.1") || expected.contains("::1");
            assert_eq!(is_of_own_machine(&url), own);
        }
    }
}
