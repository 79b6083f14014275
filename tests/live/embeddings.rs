//! A server never searches by meaning with embeddings it could not load.

use anyhow::Result;
use lgx_tests::Project;

use crate::refusal::refuses;

#[test]
fn embeddings_that_do_not_load_stop_the_server_and_name_the_line() -> Result<()> {
    let project = Project::copy_of("store")?;
    project.write("src/embed.py", "\"\"\"Broken.\"\"\"\n\nimport nowhere\n")?;
    // Nothing else in the project may be the reason.
    project.edit(
        "langgraph.json",
        "\"mirror\": \"./src/mirror.py:graph\"",
        "\"other\": \"./src/notes.py:graph\"",
    )?;
    refuses(&project, &["store.index", "embed.py:3", "nowhere"])
}

#[test]
fn a_model_whose_package_is_missing_is_named_with_what_to_install() -> Result<()> {
    let project = Project::copy_of("store")?;
    project.edit(
        "langgraph.json",
        "./src/embed.py:embed",
        "openai:text-embedding-3-small",
    )?;
    refuses(&project, &["store.index", "langchain"])
}
