//! From the configuration to what a worker is told to load.

use std::time::Duration;

use lgx_config::{Config, Embed, HttpApp, Source, Target as ConfigTarget};
use lgx_model::Runtime;
use lgx_worker::{
    AppSpec, EmbedSpec, GraphSpec, IndexSpec, LoadRequest, Secret, StoreSpec, Target, TtlSpec,
};

use super::Workers;
use super::watching::DATA_SUFFIXES;

/// What the worker of a runtime has to load, and when it is to say where it is.
pub(super) fn load_request(
    workers: &Workers,
    config: &Config,
    runtime: Runtime,
    client_secret: Secret,
    patience: Option<Duration>,
) -> LoadRequest {
    let own = |target: &&ConfigTarget| target.runtime == runtime;
    LoadRequest {
        root: config.root.display().to_string(),
        sys_path: config
            .sys_path
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        graphs: config
            .graphs
            .iter()
            .filter(|graph| own(&&graph.target))
            .map(|graph| {
                (
                    graph.id.clone(),
                    GraphSpec {
                        target: target(&graph.target),
                        description: graph.description.clone(),
                    },
                )
            })
            .collect(),
        auth: config
            .auth
            .as_ref()
            .map(|auth| &auth.target)
            .filter(own)
            .map(target),
        app: config
            .http
            .app
            .as_ref()
            .filter(|app| own(&&app.target))
            .map(|app| app_spec(app, &config.http.mount_prefix)),
        store: store_spec(
            &config.store,
            config.runtime_of_embeddings() == Some(runtime),
        ),
        jobs: u32::try_from(workers.options.jobs).unwrap_or(u32::MAX),
        api_url: workers.api_url.clone(),
        user_agent_version: workers.options.version.to_owned(),
        redact_errors: workers.options.redact_errors,
        traces: workers.options.traces,
        blocking: workers.options.blocking,
        data_suffixes: if workers.is_watched() {
            DATA_SUFFIXES.map(str::to_owned).to_vec()
        } else {
            Vec::new()
        },
        client_secret: Some(client_secret),
        patience_ms: patience
            .map(|patience| u64::try_from(patience.as_millis()).unwrap_or(u64::MAX)),
    }
}

fn target(target: &ConfigTarget) -> Target {
    let attribute = target.attribute.clone();
    match &target.source {
        Source::File(file) => Target::File {
            file: file.display().to_string(),
            attribute,
        },
        Source::Module(module) => Target::Module {
            module: module.clone(),
            attribute,
        },
    }
}

fn app_spec(app: &HttpApp, prefix: &str) -> AppSpec {
    AppSpec {
        target: target(&app.target),
        auth: app.enable_custom_route_auth,
        auth_first: app.auth_first,
        prefix: prefix.to_owned(),
    }
}

/// What a worker has to know of the store, if there is anything; and of the embeddings, if it makes them.
fn store_spec(store: &lgx_config::Store, embeds: bool) -> Option<StoreSpec> {
    if *store == lgx_config::Store::default() {
        return None;
    }
    Some(StoreSpec {
        index: store
            .index
            .as_ref()
            .filter(|_| embeds)
            .map(|index| IndexSpec {
                embed: match &index.embed {
                    Embed::Code(code) => EmbedSpec::Code(target(code)),
                    Embed::Model(model) => EmbedSpec::Model {
                        model: model.clone(),
                    },
                },
                dims: index.dims,
                fields: index.fields.clone(),
            }),
        ttl: store.ttl.map(|ttl| TtlSpec {
            default_ttl: ttl.default_minutes,
            refresh_on_read: ttl.refresh_on_read,
        }),
    })
}
