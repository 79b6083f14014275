//! What the project's own HTTP app says of its routes, as `OpenAPI`: asked for once a generation.

use lgx_worker::{CallError, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use super::crew::Part;
use super::{Lease, Unanswered};

#[derive(Deserialize)]
struct Described {
    openapi: Option<Value>,
}

impl Lease {
    /// The app's own description. None if there is no app, or one that describes nothing; one that fails at it has told the log why.
    ///
    /// # Errors
    /// When no worker answers. The next who asks tries again.
    pub async fn app_description(&self) -> Result<Option<&Value>, Unanswered> {
        if self.app().is_none() {
            return Ok(None);
        }
        let asked = || async {
            let answer = self
                .call(Part::App, Method::HttpOpenapi, &json!({}))
                .await?;
            let described = serde_json::from_slice::<Described>(&answer.meta);
            let described = described.map_err(|error| CallError::Malformed {
                method: Method::HttpOpenapi,
                reason: error.to_string(),
            })?;
            Ok::<_, Unanswered>(described.openapi)
        };
        let known = self.generation().app_description();
        Ok(known.get_or_try_init(asked).await?.as_ref())
    }
}
