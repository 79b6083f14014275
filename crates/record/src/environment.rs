//! What workers are told, so that their calls come by here: by every name that one of the many HTTP clients goes by.

use std::ffi::OsString;
use std::path::Path;

use lgx_cassettes::Mode;

/// Where the proxy is.
const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
/// Whom to trust: OpenSSL and httpx, requests, the SDK of AWS, curl, Node.js, gRPC, Deno.
const TRUST: [&str; 7] = [
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "AWS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "DENO_CERT",
];
/// What would lead past the proxy.
const PAST: [&str; 2] = ["ALL_PROXY", "all_proxy"];
/// Says to workers that there is a proxy which was not the project's choice.
const RECORDS: &str = "LGX_RECORDS";
/// Stands where a key would, and cannot be taken for one.
const PLACEHOLDER: &str = "not-a-key-lgx-replays";
/// Keys without which SDKs are not even constructed.
const KEYS: [&str; 24] = [
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GOOGLE_API_KEY",
    "MISTRAL_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "COHERE_API_KEY",
    "CO_API_KEY",
    "GROQ_API_KEY",
    "XAI_API_KEY",
    "DEEPSEEK_API_KEY",
    "OPENROUTER_API_KEY",
    "TOGETHER_API_KEY",
    "FIREWORKS_API_KEY",
    "PERPLEXITY_API_KEY",
    "PPLX_API_KEY",
    "CEREBRAS_API_KEY",
    "SAMBANOVA_API_KEY",
    "NVIDIA_API_KEY",
    "VOYAGE_API_KEY",
    "JINA_API_KEY",
    "UPSTAGE_API_KEY",
    "DEEPINFRA_API_TOKEN",
    "HUGGINGFACEHUB_API_TOKEN",
    "MOONSHOT_API_KEY",
];
/// Keys that go together, and are not needed where one of the others says who calls.
const AWS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
const AWS_OTHERS: [&str; 4] = [
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];
/// Traces are sent to a host that is not reached; their clients would try again and again.
const TRACING: [&str; 4] = [
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING",
    "LANGCHAIN_TRACING_V2",
];

/// What workers get beside the environment of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerVariables {
    url: String,
    bundle: OsString,
    mode: Mode,
    past_proxy: &'static str,
}

impl WorkerVariables {
    pub(crate) fn new(url: String, bundle: &Path, mode: Mode, has_loopback: bool) -> Self {
        Self {
            url,
            bundle: bundle.as_os_str().to_owned(),
            mode,
            past_proxy: if has_loopback {
                ""
            } else {
                "localhost,127.0.0.1,::1"
            },
        }
    }

    /// Lays them over an environment, `.env` of the project included: what the project says of proxies and certificates is what lgx goes by.
    pub fn lay_over(&self, environment: &mut Vec<(OsString, OsString)>) {
        let mut set = |name: &str, value: OsString| {
            environment.retain(|(present, _)| present != name);
            environment.push((name.into(), value));
        };
        for name in PROXY {
            set(name, (&self.url).into());
        }
        for name in ["NO_PROXY", "no_proxy"] {
            set(name, self.past_proxy.into());
        }
        for name in TRUST {
            set(name, self.bundle.clone());
        }
        set("NODE_USE_ENV_PROXY", "1".into());
        set(RECORDS, "1".into());
        if self.mode == Mode::Replay {
            for name in TRACING {
                set(name, "false".into());
            }
        }
        environment.retain(|(name, _)| PAST.iter().all(|past| name != past));
        if self.mode == Mode::Replay {
            stand_in_for_keys(environment);
        }
    }
}

/// Sets keys that are not set: nobody is asked who would look at them.
fn stand_in_for_keys(environment: &mut Vec<(OsString, OsString)>) {
    let has = |environment: &[(OsString, OsString)], wanted: &str| {
        let mut set = environment.iter();
        set.any(|(name, value)| name == wanted && !value.is_empty())
    };
    let aws = AWS.iter().chain(&AWS_OTHERS);
    let mut missing: Vec<&str> = KEYS.to_vec();
    if !aws.into_iter().any(|name| has(environment, name)) {
        missing.extend(AWS);
    }
    // The SDK of Google takes either, and complains of both.
    let has_gemini = has(environment, "GEMINI_API_KEY");
    missing.retain(|name| !has(environment, name));
    missing.retain(|name| !has_gemini || *name != "GOOGLE_API_KEY");
    for name in missing {
        environment.retain(|(present, _)| present != name);
        environment.push((name.into(), PLACEHOLDER.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn laid_over(mode: Mode, present: &[(&str, &str)]) -> BTreeMap<String, String> {
        let url = "http://lgx:x@127.0.0.1:1".to_owned();
        let variables = WorkerVariables::new(url, Path::new("/s/roots.pem"), mode, false);
        let mut environment = present
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        variables.lay_over(&mut environment);
        let text = |text: OsString| text.into_string().unwrap();
        let count = environment.len();
        let by_name: BTreeMap<_, _> = environment
            .into_iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect();
        assert_eq!(by_name.len(), count, "each name is set once");
        by_name
    }

    #[test]
    fn what_the_project_says_of_proxies_and_certificates_is_replaced() {
        let set = laid_over(
            Mode::Record,
            &[
                ("HTTPS_PROXY", "http://corp:3128"),
                ("ALL_PROXY", "socks5://corp"),
                ("NO_PROXY", "*"),
                ("SSL_CERT_FILE", "/corp.pem"),
                ("PATH", "/bin"),
            ],
        );
        assert_eq!(set["HTTPS_PROXY"], "http://lgx:x@127.0.0.1:1");
        assert_eq!(set["http_proxy"], set["HTTPS_PROXY"]);
        assert_eq!(set["NO_PROXY"], "localhost,127.0.0.1,::1");
        assert_eq!(set["SSL_CERT_FILE"], "/s/roots.pem");
        assert_eq!(set["NODE_USE_ENV_PROXY"], "1");
        assert_eq!(set["PATH"], "/bin");
        assert!(!set.contains_key("ALL_PROXY") && !set.contains_key("OPENAI_API_KEY"));
    }

    #[test]
    fn what_is_on_this_machine_comes_by_where_a_model_is_on_it() {
        let bundle = Path::new("/s/roots.pem");
        let variables = WorkerVariables::new(String::new(), bundle, Mode::Record, true);
        let mut environment = Vec::new();
        variables.lay_over(&mut environment);
        let past = environment.iter().find(|(name, _)| name == "NO_PROXY");
        assert!(past.is_some_and(|(_, hosts)| hosts.is_empty()));
    }

    #[test]
    fn a_replay_stands_in_for_keys_that_are_not_set_and_sends_no_traces() {
        let set = laid_over(
            Mode::Replay,
            &[
                ("OPENAI_API_KEY", "own"),
                ("ANTHROPIC_API_KEY", ""),
                ("GEMINI_API_KEY", "own"),
                ("AWS_PROFILE", "own"),
                ("LANGSMITH_TRACING", "true"),
            ],
        );
        assert_eq!(set["OPENAI_API_KEY"], "own");
        assert_eq!(set["ANTHROPIC_API_KEY"], PLACEHOLDER);
        assert_eq!(set["MISTRAL_API_KEY"], PLACEHOLDER);
        assert!(!set.contains_key("GOOGLE_API_KEY") && !set.contains_key("AWS_ACCESS_KEY_ID"));
        assert_eq!(set["LANGSMITH_TRACING"], "false");
        let bare = laid_over(Mode::Replay, &[]);
        assert_eq!(bare["AWS_SECRET_ACCESS_KEY"], PLACEHOLDER);
        assert_eq!(bare["GOOGLE_API_KEY"], PLACEHOLDER);
    }
}
