//! `load`: every graph that exists and that no test has broken is there at once.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use lgx_worker::{Diagnostic, RemoteError};
use serde_json::{Map, Value, json};

use super::connection::{Answer, Call, refusal};
use super::{app, graphs};

pub(super) async fn load(call: &mut Call<'_>, request: &Value) -> Answer {
    for graph_id in request["graphs"]
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
    {
        let what = format!("the graph {graph_id}");
        call.send(&json!({"loading": what}), Vec::new()).await;
    }
    let link = call.link;
    let script = &link.script;
    if let Some(text) = &script.print {
        link.print(text);
    }
    let held_from = script.faults().held_from;
    if link.number >= held_from {
        pass(call, request["patience_ms"].as_u64()).await;
    }
    let faults = script.faults();
    let hold = faults.hold_in(link.number);
    let auth = match (&request["auth"], faults.auth.as_ref().filter(|_| hold)) {
        (Value::Null, _) => Value::Null,
        (_, Some(diagnostic)) => {
            return Err(RemoteError {
                kind: "AuthLoadError".to_owned(),
                message: diagnostic.message.clone(),
                status: None,
                headers: None,
                diagnostic: Some(Box::new(diagnostic.clone())),
            });
        }
        (_, None) => json!({"handlers": script.auth_handlers}),
    };
    let mut loaded = Map::new();
    let mut files = Vec::new();
    let mut found = HashMap::new();
    for (graph_id, spec) in request["graphs"].as_object().into_iter().flatten() {
        let status = match (
            faults.graphs.get(graph_id).filter(|_| hold),
            graphs::find(graph_id, spec["attribute"].as_str()),
        ) {
            (Some(diagnostic), _) => json!({"error": diagnostic}),
            (None, None) => json!({"error": unknown(graph_id)}),
            (None, Some(graph)) => {
                found.insert(graph_id.clone(), graph);
                let factory = script.factories.contains(graph_id);
                json!({"name": graph_id, "factory": factory, "notices": []})
            }
        };
        loaded.insert(graph_id.clone(), status);
        files.extend(spec.get("file").cloned());
    }
    link.graphs
        .set(found)
        .and_then(|()| {
            let index = request["store"]["index"].clone();
            link.index.set(index).map_err(|_| HashMap::new())
        })
        .map_err(|_| refusal("ProtocolError", "a worker loads once", None))?;
    let versions =
        json!({"langgraph": "1.2.22", "langgraph_sdk": "0.4.14", "langchain_core": "1.7.2"});
    let mut answer = json!({"load_ms": 1.0, "versions": versions, "graphs": loaded, "auth": auth, "files": files});
    answer["unrecorded"] = json!(script.unrecorded);
    if !request["app"].is_null() {
        answer["app"] = app::loaded(script.wraps);
    }
    Ok((answer, Vec::new()))
}

/// Goes through the gate, and says where it stands when that takes longer than so many milliseconds.
async fn pass(call: &mut Call<'_>, patience: Option<u64>) {
    let mut passes = pin!(call.link.script.loading.pass());
    if let Some(patience) = patience {
        tokio::select! {
            biased;
            () = &mut passes => return,
            () = tokio::time::sleep(Duration::from_millis(patience)) => {}
        }
        let place = super::diagnostic("LoadTimeout", "not loaded", "/project/graphs.py", 12);
        call.send(&json!({"still_at": place}), Vec::new()).await;
    }
    passes.await;
}

fn unknown(graph_id: &str) -> Diagnostic {
    Diagnostic {
        file: None,
        line: None,
        traceback: String::new(),
        ..super::diagnostic(
            "AttributeError",
            &format!("no fake graph is called `{graph_id}`"),
            "",
            0,
        )
    }
}
