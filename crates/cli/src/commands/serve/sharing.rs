//! With whom a server shares its database: those that have the same secret, which comes from the environment alone.

use std::fmt;

use lgx_devserver::{InstanceId, SharedDatabase, SharedSecret};

use crate::context::Context;
use crate::env_names::LGX_SECRET;
use crate::settings::serve::ServeSettings;
use crate::ui::error::Advised;

/// What says that others may share the database; none where it is this server's alone.
pub(super) fn of(
    settings: &ServeSettings,
    context: &Context,
) -> Result<Option<SharedDatabase>, Advised> {
    let Some(secret) = context.env.get(LGX_SECRET) else {
        return Ok(None);
    };
    let refused = |why: &dyn fmt::Display| {
        let advice =
            "make one with `openssl rand -hex 32`, and give it to every server of the database";
        Advised::new(format!("{LGX_SECRET} cannot be used: {why}"), advice)
    };
    let secret = secret.to_str().ok_or_else(|| refused(&"it is no text"))?;
    let secret = SharedSecret::new(secret).map_err(|error| refused(&error))?;
    Ok(Some(SharedDatabase {
        instance_id: InstanceId::fresh(),
        secret,
        url: settings.instance_url.clone(),
    }))
}
