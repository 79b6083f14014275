//! Which URLs a run may report to: decided from the URL's text when the run is created, and from its address when it is called. Pure.

use std::net::IpAddr;

use http::Uri;
use lgx_config::{UrlPolicy, Webhooks};

use super::address::{Reach, place};
use crate::loopback::is_loopback;

/// The longest URL of a webhook, in characters.
const LONGEST: usize = 65_536;

/// The URL to call, or why it is refused, in words for the client.
///
/// A relative URL is one of this server, at `own_url`.
pub fn check(rules: &Webhooks, url: &str, own_url: &str) -> Result<Uri, String> {
    if !rules.enabled {
        return Err(
            "Webhooks are switched off by `http.disable_webhooks` in langgraph.json.".into(),
        );
    }
    let policy = &rules.url;
    let longest = policy.max_url_length.map_or(LONGEST, |most| most as usize);
    let length = url.chars().count();
    if length == 0 || length > longest {
        return Err(format!(
            "A webhook URL has between 1 and {longest} characters, this one has {length}."
        ));
    }
    if url.starts_with('/') {
        if policy.disable_loopback {
            return Err(loopback("a relative URL"));
        }
        return format!("{own_url}{url}")
            .parse()
            .map_err(|_| format!("'{url}' is not a URL."));
    }
    match scheme(url).as_deref() {
        Some("https") => {}
        Some("http") if !policy.require_https => {}
        Some("http") => return Err("Webhooks must use https; to allow http, set `webhooks.url.require_https` to false in langgraph.json.".into()),
        Some(other) => return Err(format!("Webhook scheme '{other}' is not allowed: use https or http.")),
        None => return Err(format!("'{url}' is not a whole URL: it has no scheme.")),
    }
    let uri: Uri = url.parse().map_err(|_| format!("'{url}' is not a URL."))?;
    let host = uri
        .host()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_ascii_lowercase();
    if host.is_empty() {
        return Err("The webhook URL has no host.".into());
    }
    // It would be shown wherever the run is, and is not sent by what does not look for it.
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err("A webhook URL cannot hold a name and a password; send them in a header, by `webhooks.headers` in langgraph.json.".into());
    }
    if let Some(allowed) = &policy.allowed_ports {
        let port = uri
            .port_u16()
            .unwrap_or(if uri.scheme_str() == Some("https") {
                443
            } else {
                80
            });
        if !allowed.contains(&port) {
            return Err(format!(
                "Webhook port {port} is not among `webhooks.url.allowed_ports`."
            ));
        }
    }
    if policy.allowed_domains.is_some() && !names(policy, &host) {
        return Err(format!(
            "Webhook host '{host}' is not among `webhooks.url.allowed_domains`."
        ));
    }
    match host.parse::<IpAddr>() {
        Ok(address) => check_address(policy, &host, address)?,
        Err(_) if is_loopback(&host) && policy.disable_loopback => {
            return Err(loopback("localhost"));
        }
        // `127.1` and `0x7f000001` are addresses to some resolvers and names to nobody.
        Err(_)
            if host
                .rsplit('.')
                .next()
                .is_some_and(|label| label.starts_with(|first: char| first.is_ascii_digit())) =>
        {
            return Err(format!(
                "Webhook host '{host}' is neither a name nor an address."
            ));
        }
        Err(_) => {}
    }
    Ok(uri)
}

/// Whether a report may go to this address. Asked again for what a name resolves to: a public name may lead to a private address.
pub(crate) fn check_address(policy: &UrlPolicy, host: &str, address: IpAddr) -> Result<(), String> {
    match place(address) {
        Reach::Public => Ok(()),
        Reach::Loopback if !policy.disable_loopback => Ok(()),
        Reach::Loopback => Err(loopback("a loopback address")),
        Reach::Private if names(policy, host) => Ok(()),
        Reach::Private => Err(format!(
            "Webhook address {address} is private; to allow the host, name it in `webhooks.url.allowed_domains` in langgraph.json."
        )),
        Reach::Never => Err(format!(
            "Webhook address {address} is refused: link-local, multicast and tunnel addresses get no webhooks, whatever langgraph.json says."
        )),
    }
}

/// The scheme of a URL, in lower case; not every URL with one is a `Uri`, which is for http.
fn scheme(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

fn loopback(what: &str) -> String {
    format!(
        "Webhooks to {what} are refused; to allow them, set `webhooks.url.disable_loopback` to false in langgraph.json."
    )
}

/// Whether the policy names this host.
fn names(policy: &UrlPolicy, host: &str) -> bool {
    policy
        .allowed_domains
        .iter()
        .flatten()
        .any(|domain| match domain.strip_prefix("*.") {
            Some(parent) => host
                .strip_suffix(parent)
                .is_some_and(|head| head.ends_with('.')),
            None => domain.eq_ignore_ascii_case(host),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(url: UrlPolicy) -> Webhooks {
        Webhooks {
            url,
            ..Webhooks::default()
        }
    }

    fn open() -> UrlPolicy {
        UrlPolicy {
            disable_loopback: false,
            ..UrlPolicy::default()
        }
    }

    const OWN: &str = "http://127.0.0.1:2024";

    #[test]
    fn by_default_public_urls_pass_and_this_machine_does_not() {
        for url in [
            "https://example.com/hook",
            "http://example.com:8080/x?y=1",
            "https://93.184.216.34/",
        ] {
            assert!(check(&Webhooks::default(), url, OWN).is_ok(), "{url}");
        }
        for url in [
            "",
            "/relative",
            "ftp://x/y",
            "example.com/hook",
            "http:///x",
            "http://localhost:1/x",
            "http://a.localhost/x",
            "http://127.0.0.1/x",
            "http://127.1:3/x",
            "http://0x7f000001/",
            "http://[::1]:3/x",
            "http://[::ffff:127.0.0.1]/",
            "http://0.0.0.0:3/x",
            "http://10.1.2.3/x",
            "http://192.168.1.1/x",
            "http://169.254.169.254/x",
            "http://192.0.2.2/hook",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://100.64.0.1/",
            // IPv4 addresses in clothes of IPv6.
            "http://[64:ff9b::7f00:1]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[64:ff9b:1::a00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[::127.0.0.1]/",
            "http://[::ffff:0:127.0.0.1]/",
            "http://[fec0::1]/",
            "http://[2001::1]/",
        ] {
            assert!(check(&Webhooks::default(), url, OWN).is_err(), "{url}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said() {
        for (url, expected) in [
            ("file:///tmp/hook", "scheme 'file'"),
            ("FTP://x/y", "scheme 'ftp'"),
            ("mailto:a@example.com", "scheme 'mailto'"),
            ("example.com/hook", "no scheme"),
            ("http://exa mple.com/", "is not a URL"),
            ("http://[::1", "is not a URL"),
            ("https://user:pass@example.com/", "a name and a password"),
            (
                "https://example.com@93.184.216.34/",
                "a name and a password",
            ),
        ] {
            let refusal = check(&Webhooks::default(), url, OWN).unwrap_err();
            assert!(refusal.contains(expected), "{refusal}");
        }
    }

    #[test]
    fn loopback_opens_with_its_flag() {
        assert_eq!(
            check(&rules(open()), "/hook?a=1", OWN).unwrap(),
            "http://127.0.0.1:2024/hook?a=1"
        );
        assert!(check(&rules(open()), "http://localhost:9/x", OWN).is_ok());
        assert!(check(&rules(open()), "http://192.168.1.1/x", OWN).is_err());
    }

    #[test]
    fn private_hosts_open_by_name_and_link_local_ones_never() {
        let policy = UrlPolicy {
            allowed_domains: Some(vec![
                "10.1.2.3".into(),
                "*.corp.example".into(),
                "169.254.169.254".into(),
            ]),
            ..UrlPolicy::default()
        };
        assert!(check(&rules(policy.clone()), "http://10.1.2.3/x", OWN).is_ok());
        assert!(check(&rules(policy.clone()), "https://hooks.corp.example/x", OWN).is_ok());
        for url in [
            "https://corp.example/",
            "https://evilcorp.example/",
            "https://example.com/",
            "http://169.254.169.254/",
        ] {
            assert!(check(&rules(policy.clone()), url, OWN).is_err(), "{url}");
        }
        let address = "10.9.9.9".parse().unwrap();
        assert!(
            check_address(&policy, "hooks.corp.example", address).is_ok(),
            "a named host may have a private address"
        );
        assert!(
            check_address(&policy, "example.com", address).is_err(),
            "a public name that leads to a private address"
        );
    }

    #[test]
    fn ports_scheme_and_length_are_limited_as_configured() {
        let policy = UrlPolicy {
            allowed_ports: Some(vec![443]),
            max_url_length: Some(30),
            require_https: true,
            ..UrlPolicy::default()
        };
        assert!(check(&rules(policy.clone()), "https://example.com/x", OWN).is_ok());
        for url in [
            "https://example.com:444/x",
            "http://example.com/x",
            "https://example.com/a-path-too-long",
        ] {
            assert!(check(&rules(policy.clone()), url, OWN).is_err(), "{url}");
        }
        let off = Webhooks {
            enabled: false,
            ..Webhooks::default()
        };
        assert!(
            check(&off, "https://example.com/x", OWN)
                .unwrap_err()
                .contains("disable_webhooks")
        );
    }
}
