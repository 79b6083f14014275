//! Proxies of the environment: clients on this machine must not ask them for the server.

use super::examined::Examined;
use crate::context::Env;

/// The variables that send requests of plain HTTP elsewhere, as the server's are; small letters count as well.
const FOR_HTTP: [&str; 2] = ["HTTP_PROXY", "ALL_PROXY"];
const FOR_OTHERS: [&str; 1] = ["HTTPS_PROXY"];
const EXCEPT: &str = "NO_PROXY";

/// How the server is called on this machine.
const HERE: [&str; 2] = ["localhost", "127.0.0.1"];

/// How it is; values are looked at and never shown, since a proxy's password is part of them.
pub(super) fn look(env: &Env) -> Examined {
    let set = |names: &[&str]| -> Vec<String> {
        let both = names
            .iter()
            .flat_map(|name| [(*name).to_owned(), name.to_lowercase()]);
        both.filter(|name| env.get(name).is_some()).collect()
    };
    let for_http = set(&FOR_HTTP);
    let all: Vec<String> = for_http.iter().cloned().chain(set(&FOR_OTHERS)).collect();
    if all.is_empty() {
        return Examined::ok("proxy", "none is set");
    }
    let names = all.join(", ");
    let missing: Vec<&str> = HERE
        .into_iter()
        .filter(|host| !is_excepted(host, env))
        .collect();
    if for_http.is_empty() || missing.is_empty() {
        return Examined::ok("proxy", format!("{names} set; not for this machine"));
    }
    let whole = [EXCEPT.to_owned(), EXCEPT.to_lowercase()];
    let name = whole.iter().find(|name| env.get(name).is_some());
    let name = name.unwrap_or(&whole[0]);
    let rest = if env.get(name).is_some() {
        format!("${name},")
    } else {
        String::new()
    };
    Examined::warn(
        "proxy",
        format!(
            "{names} set, and {EXCEPT} does not except {}: SDKs may ask the proxy for the server",
            missing.join(" and ")
        ),
    )
    .hint(format!("export {name}={rest}{}", HERE.join(",")))
}

fn is_excepted(host: &str, env: &Env) -> bool {
    let lists = [EXCEPT.to_owned(), EXCEPT.to_lowercase()];
    let lists = lists.iter().filter_map(|name| env.get(name)?.to_str());
    lists
        .flat_map(|list| list.split([',', ' ']))
        .map(|entry| entry.trim().split(':').next().unwrap_or_default())
        .any(|entry| entry == "*" || entry == host)
}

#[cfg(test)]
mod tests {
    use super::super::examined::Condition;
    use super::*;

    fn looked_at(variables: &[(&str, &str)]) -> Examined {
        look(&variables.iter().copied().collect())
    }

    #[test]
    fn a_proxy_that_would_be_asked_for_this_machine_is_a_warning_without_its_value() {
        let proxy = ("HTTP_PROXY", "http://ada:secret@proxy:3128");
        let row = looked_at(&[proxy]);
        assert_eq!(row.condition, Condition::Warn);
        assert_eq!(
            row.hint.as_deref(),
            Some("export NO_PROXY=localhost,127.0.0.1")
        );
        let row = looked_at(&[("all_proxy", "x"), ("no_proxy", "localhost,.corp")]);
        assert_eq!(row.condition, Condition::Warn);
        assert!(
            row.message.contains("does not except 127.0.0.1:"),
            "{row:?}"
        );
        assert_eq!(
            row.hint.as_deref(),
            Some("export no_proxy=$no_proxy,localhost,127.0.0.1")
        );
        assert!(!format!("{:?}", looked_at(&[proxy])).contains("secret"));
    }

    #[test]
    fn without_one_or_with_exceptions_all_is_well() {
        for variables in [
            &[][..],
            &[("HTTPS_PROXY", "http://proxy")],
            &[
                ("http_proxy", "x"),
                ("NO_PROXY", "127.0.0.1, localhost:2024"),
            ],
            &[("HTTP_PROXY", "x"), ("NO_PROXY", "*")],
            &[("HTTP_PROXY", "")],
        ] {
            assert_eq!(
                looked_at(variables).condition,
                Condition::Ok,
                "{variables:?}"
            );
        }
    }
}
