//! The identity provider that the template `oauth-python` brings, as a process of its own.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use crate::{Client, Lines, end_in_time, python_env, workspace_root};

/// It, where people sign up and log in. Killed when dropped.
pub struct IdentityProvider {
    child: Child,
    url: String,
}

impl IdentityProvider {
    /// The key that it wants of those who talk to it.
    pub const API_KEY: &str = "local-api-key";

    /// Starts it on any free port and waits until it answers.
    pub fn start() -> Result<Self> {
        let script = workspace_root().join("templates/oauth-python/tests/identity_provider.py");
        let mut child = Command::new(python_env()?.python())
            .args(["-B".as_ref(), script.as_os_str()])
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = Lines::of(child.stdout.take().context("stdout is piped")?);
        let mut provider = Self {
            child,
            url: String::new(),
        };
        let told = lines.wait_for(0, Duration::from_secs(60), |line| line.contains("http://"))?;
        let url = told
            .split([' ', ';'])
            .find(|word| word.starts_with("http://"));
        url.context("it says where it answers")?
            .clone_into(&mut provider.url);
        Ok(provider)
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The access token of a user who signs up and logs in.
    pub fn log_in(&self, email: &str) -> Result<String> {
        let client = Client::new(&self.url).with_header("apikey", Self::API_KEY);
        let user = json!({"email": email, "password": "secure-password"});
        client.post("/auth/v1/signup", &user)?.ok()?;
        let session = client
            .post("/auth/v1/token?grant_type=password", &user)?
            .ok()?;
        let token = session["access_token"].as_str();
        Ok(token.context("a session has a token")?.to_owned())
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(end_in_time(&mut self.child));
    }
}
