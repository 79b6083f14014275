//! Which hosts serve models: the calls of these are recorded, and everything else passes by unseen.

use std::net::IpAddr;

/// The hosts of providers of models. A `*` stands for one or more labels.
const MODELS: &[&str] = &[
    "api.openai.com",
    "*.api.openai.com",
    "*.openai.azure.com",
    "*.cognitiveservices.azure.com",
    "*.services.ai.azure.com",
    "*.models.ai.azure.com",
    "models.inference.ai.azure.com",
    "models.github.ai",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "aiplatform.googleapis.com",
    "*-aiplatform.googleapis.com",
    "aiplatform.*.rep.googleapis.com",
    "bedrock-runtime.*.amazonaws.com",
    "bedrock-runtime-fips.*.amazonaws.com",
    "bedrock-mantle.*.api.aws",
    "api.mistral.ai",
    "codestral.mistral.ai",
    "api.cohere.com",
    "api.cohere.ai",
    "api.groq.com",
    "api.x.ai",
    "*.api.x.ai",
    "api.deepseek.com",
    "openrouter.ai",
    "api.together.xyz",
    "api.together.ai",
    "api.fireworks.ai",
    "api.perplexity.ai",
    "api.cerebras.ai",
    "api.sambanova.ai",
    "api.ai21.com",
    "api.moonshot.ai",
    "api.moonshot.cn",
    "api.minimax.io",
    "api.z.ai",
    "open.bigmodel.cn",
    "dashscope.aliyuncs.com",
    "dashscope-intl.aliyuncs.com",
    "ark.cn-beijing.volces.com",
    "integrate.api.nvidia.com",
    "ai.api.nvidia.com",
    "api.voyageai.com",
    "api.jina.ai",
    "api.upstage.ai",
    "api.deepinfra.com",
    "api.hyperbolic.xyz",
    "api.studio.nebius.ai",
    "api.tokenfactory.nebius.com",
    "api.novita.ai",
    "api.replicate.com",
    "api-inference.huggingface.co",
    "router.huggingface.co",
    "*.ml.cloud.ibm.com",
    "inference.generativeai.*.oci.oraclecloud.com",
    "*.cloud.databricks.com",
    "ai-gateway.vercel.sh",
    "gateway.ai.cloudflare.com",
    "ollama.com",
];

/// The hosts whose calls are recorded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts {
    added: Vec<(String, Option<u16>)>,
}

impl Hosts {
    /// Those of known providers, and these: `HOST` or `HOST:PORT`, with `*` for any labels.
    pub(crate) fn and(added: &[String]) -> Self {
        let added = added.iter().map(|written| {
            let written = written.trim().to_ascii_lowercase();
            let port = written.rsplit_once(':');
            match port.and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?))) {
                // Not the end of an address of IPv6.
                Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                    (bare(&host).to_owned(), Some(port))
                }
                _ => (bare(&written).to_owned(), None),
            }
        });
        Self {
            added: added.collect(),
        }
    }

    /// Whether calls of this host are recorded.
    pub(crate) fn have(&self, host: &str, port: u16) -> bool {
        let host = bare(host).to_ascii_lowercase();
        let known = || MODELS.iter().any(|pattern| matches(pattern, &host));
        let mut added = self.added.iter();
        added.any(|(pattern, at)| at.is_none_or(|at| at == port) && matches(pattern, &host))
            || known()
    }

    /// Whether there are some on this machine, so that what is on it has to come by.
    pub(crate) fn have_loopback(&self) -> bool {
        self.added.iter().any(|(host, _)| is_loopback(host))
    }
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = bare(host);
    let named =
        host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost");
    named || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// An address of IPv6 without its brackets.
pub(crate) fn bare(host: &str) -> &str {
    let within = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    within.unwrap_or(host)
}

/// Whether a host is what a pattern says: its parts between stars come one after the other, the first and the last at its ends.
fn matches(pattern: &str, host: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == host;
    };
    let Some(mut left) = host.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = left.split_once(part) else {
            return false;
        };
        left = after;
    }
    left.len() > last.len() && left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_known_with_their_regions_and_resources() {
        let hosts = Hosts::default();
        for model in [
            "api.openai.com",
            "API.OpenAI.com",
            "eu.api.openai.com",
            "my-team.openai.azure.com",
            "bedrock-runtime.eu-west-1.amazonaws.com",
            "europe-west1-aiplatform.googleapis.com",
        ] {
            assert!(hosts.have(model, 443), "{model}");
        }
        for other in [
            "openai.com",
            "api.openai.com.evil.org",
            "evil-api.openai.com",
            ".openai.azure.com",
            "s3.eu-west-1.amazonaws.com",
            "pypi.org",
            "localhost",
        ] {
            assert!(!hosts.have(other, 443), "{other}");
        }
    }

    #[test]
    fn a_host_that_was_added_may_name_its_port() {
        let written = ["localhost:11434", "*.Models.internal", "[::1]:8000", "::1"];
        let hosts = Hosts::and(&written.map(str::to_owned));
        assert!(hosts.have("localhost", 11434) && !hosts.have("localhost", 2024));
        assert!(hosts.have("a.b.models.internal", 1) && !hosts.have("models.internal", 1));
        assert!(hosts.have("[::1]", 8000) && hosts.have("::1", 9));
        assert!(hosts.have_loopback() && !Hosts::default().have_loopback());
    }

    #[test]
    fn loopback_is_a_name_or_an_address() {
        for own in ["localhost", "a.localhost", "127.1.2.3", "[::1]", "::1"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in ["notlocalhost", "10.0.0.1", "localhost.evil.org"] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
