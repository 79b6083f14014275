//! Opens a page in the browser that `BROWSER` names, else in the one that the desktop prefers.

use std::io;

use crate::context::Env;
use crate::env_names;

/// Opens the page and does not wait for the browser.
pub(crate) fn open(page: &str, env: &Env) -> io::Result<()> {
    match preferred(env) {
        Some(browser) => open::with_detached(page, browser),
        None => open::that_detached(page),
    }
}

/// The first browser that `BROWSER` lists.
fn preferred(env: &Env) -> Option<String> {
    let listed = env.path(env_names::BROWSER)?;
    let listed = listed.to_str()?.split(':').map(str::trim);
    listed
        .filter(|browser| !browser.is_empty())
        .map(str::to_owned)
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_browser_of_the_list_is_used() {
        for (listed, expected) in [
            ("firefox", Some("firefox")),
            ("/opt/b/chromium:firefox", Some("/opt/b/chromium")),
            (" :links", Some("links")),
            ("", None),
            (":", None),
        ] {
            let env: Env = [(env_names::BROWSER, listed)].into_iter().collect();
            assert_eq!(preferred(&env).as_deref(), expected, "{listed:?}");
        }
    }
}
