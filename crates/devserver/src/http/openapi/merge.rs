//! The description of the project's own HTTP app, added to that of the server: one document, in which every reference still leads where
//! it led.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What is never the app's, whatever it says.
const THE_SERVERS: [&str; 2] = ["/ok", "/docs"];
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];
const COMPONENTS: &str = "#/components/";

/// The names that components of the app have in the common document, by section and by their own name, where the server has something
/// else of that name.
type Renamed = BTreeMap<(String, String), String>;

/// Adds what the app describes. Where both have a route it is the app's, as it is for requests. `guarded` says that the app's routes ask
/// the project's auth too.
pub(crate) fn add(document: &mut Value, app: Value, guarded: bool) {
    let (Value::Object(document), Value::Object(mut app)) = (document, app) else {
        return;
    };
    let components = object(app.remove("components"));
    let renamed = renamed(document, &components);
    let security = app.remove("security");
    let mut paths = object(app.remove("paths"));
    paths.retain(|path, _| !THE_SERVERS.contains(&path.as_str()));

    add_components(document, components, &renamed);
    for (path, mut described) in paths {
        rename(&mut described, &renamed);
        for operation in operations(&mut described) {
            rename_security(operation, &renamed);
            if let Some(all) = &security {
                operation.entry("security").or_insert_with(|| all.clone());
            } else if !guarded && document.contains_key("security") {
                operation.entry("security").or_insert_with(|| json!([]));
            }
        }
        add_path(document, path, described);
    }
    if let Some(info) = app.remove("info") {
        document.insert("info".into(), info);
    }
    for (key, mut value) in app {
        rename(&mut value, &renamed);
        document.entry(key).or_insert(value);
    }
}

fn renamed(document: &Map<String, Value>, components: &Map<String, Value>) -> Renamed {
    let known = &document["components"];
    let mut renamed = Renamed::new();
    for (section, entries) in components {
        for (name, entry) in entries.as_object().into_iter().flatten() {
            let taken = |name: &str| known[section].get(name).is_some();
            if known[section].get(name).is_none_or(|other| other == entry) {
                continue;
            }
            let mut new = format!("App{name}");
            while taken(&new) || entries.get(&new).is_some() {
                new.insert_str(0, "App");
            }
            renamed.insert((section.clone(), name.clone()), new);
        }
    }
    renamed
}

fn add_components(
    document: &mut Map<String, Value>,
    components: Map<String, Value>,
    renamed: &Renamed,
) {
    for (section, entries) in components {
        for (name, mut entry) in object(Some(entries)) {
            rename(&mut entry, renamed);
            let name = match renamed.get(&(section.clone(), name.clone())) {
                Some(new) => new.clone(),
                None => name,
            };
            document["components"][&section][name] = entry;
        }
    }
}

/// Puts a path in, over what the server has there. The server may have named its placeholders otherwise.
fn add_path(document: &mut Map<String, Value>, path: String, described: Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    let described = object(Some(described));
    let same = |other: &&String| shape(other) == shape(&path);
    match paths.keys().find(same).cloned() {
        Some(known) if known != path => {
            if let Some(item) = paths.get_mut(&known).and_then(Value::as_object_mut) {
                item.retain(|method, _| !described.contains_key(method));
                if item.is_empty() {
                    paths.remove(&known);
                }
            }
            paths.insert(path, Value::Object(described));
        }
        Some(known) => {
            if let Some(item) = paths.get_mut(&known).and_then(Value::as_object_mut) {
                item.extend(described);
            }
        }
        None => {
            paths.insert(path, Value::Object(described));
        }
    }
}

/// A path without the names of its placeholders.
pub(super) fn shape(path: &str) -> Vec<&str> {
    let segments = path.split('/');
    let shape = segments.map(|segment| {
        if segment.starts_with('{') {
            "{}"
        } else {
            segment
        }
    });
    shape.collect()
}

fn operations(path: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let entries = path.as_object_mut().into_iter().flatten();
    entries
        .filter(|(method, _)| METHODS.contains(&method.as_str()))
        .filter_map(|(_, operation)| operation.as_object_mut())
}

/// Lets references lead to the new names. Discriminators have references too, under keys of any name.
fn rename(value: &mut Value, renamed: &Renamed) {
    match value {
        Value::String(text) => {
            if let Some(new) = new_reference(text, renamed) {
                *text = new;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        Value::Object(fields) => fields.values_mut().for_each(|field| rename(field, renamed)),
        _ => {}
    }
}

fn new_reference(text: &str, renamed: &Renamed) -> Option<String> {
    let (section, rest) = text.strip_prefix(COMPONENTS)?.split_once('/')?;
    let (name, below) = match rest.split_once('/') {
        Some((name, below)) => (name, format!("/{below}")),
        None => (rest, String::new()),
    };
    let new = renamed.get(&(section.to_owned(), name.to_owned()))?;
    Some(format!("{COMPONENTS}{section}/{new}{below}"))
}

/// Operations name security schemes without a reference.
fn rename_security(operation: &mut Map<String, Value>, renamed: &Renamed) {
    let wanted = operation.get_mut("security").and_then(Value::as_array_mut);
    for schemes in wanted.into_iter().flatten() {
        let Some(schemes) = schemes.as_object_mut() else {
            continue;
        };
        let named = std::mem::take(schemes).into_iter();
        *schemes = named
            .map(|(name, scopes)| {
                let new = renamed.get(&("securitySchemes".to_owned(), name.clone()));
                (new.cloned().unwrap_or(name), scopes)
            })
            .collect();
    }
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Value {
        json!({
            "openapi": "3.1.0",
            "info": {"title": "lgx Agent Server", "version": "0"},
            "servers": [{"url": "http://127.0.0.1:1"}],
            "paths": {
                "/threads": {"post": {"summary": "Create a thread"}, "get": {"summary": "List"}},
                "/threads/{thread_id}": {"get": {"summary": "Get a thread"}, "patch": {"summary": "Change"}},
            },
            "components": {
                "schemas": {"Thread": {"type": "object"}, "Same": {"type": "string"}},
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"token": []}],
        })
    }

    fn merged(app: Value, guarded: bool) -> Value {
        let mut document = server();
        add(&mut document, app, guarded);
        document
    }

    #[test]
    fn the_app_s_routes_win_and_the_server_s_others_stay() {
        let app = json!({
            "openapi": "3.0.2",
            "info": {"title": "Shop", "version": "7"},
            "servers": [{"url": "/elsewhere"}],
            "tags": [{"name": "goods"}],
            "paths": {
                "/threads": {"post": {"summary": "Sew"}},
                "/threads/{id}": {"get": {"summary": "Look at it"}},
                "/goods": {"get": {"summary": "All of them"}},
                "/docs": {"get": {"summary": "A page that is never seen"}},
            },
        });
        let document = merged(app, true);
        assert_eq!(document["info"], json!({"title": "Shop", "version": "7"}));
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["servers"], server()["servers"]);
        assert_eq!(document["tags"], json!([{"name": "goods"}]));
        let paths = json!({
            "/threads": {"post": {"summary": "Sew"}, "get": {"summary": "List"}},
            "/threads/{thread_id}": {"patch": {"summary": "Change"}},
            "/threads/{id}": {"get": {"summary": "Look at it"}},
            "/goods": {"get": {"summary": "All of them"}},
        });
        assert_eq!(document["paths"], paths);
    }

    #[test]
    fn components_of_one_name_are_two_if_they_are_different() {
        let app = json!({
            "paths": {"/goods": {"get": {
                "security": [{"token": ["read"], "other": []}],
                "responses": {"200": {"schema": {"anyOf": [
                    {"$ref": "#/components/schemas/Thread"},
                    {"$ref": "#/components/schemas/Thread/properties/of"},
                    {"$ref": "#/components/schemas/Same"},
                ]}}},
            }}},
            "components": {
                "schemas": {
                    "Thread": {"properties": {"of": {"$ref": "#/components/schemas/AppThread"}}},
                    "AppThread": {"discriminator": {"mapping": {"cotton": "#/components/schemas/Thread"}}},
                    "Same": {"type": "string"},
                },
                "securitySchemes": {"token": {"type": "apiKey"}},
                "parameters": {"Page": {"in": "query"}},
            },
        });
        let document = merged(app, true);
        let get = &document["paths"]["/goods"]["get"];
        let components = json!({
            "schemas": {
                "Thread": {"type": "object"},
                "Same": {"type": "string"},
                "AppAppThread": {"properties": {"of": {"$ref": "#/components/schemas/AppThread"}}},
                "AppThread": {"discriminator": {"mapping": {"cotton": "#/components/schemas/AppAppThread"}}},
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "Apptoken": {"type": "apiKey"},
            },
            "parameters": {"Page": {"in": "query"}},
        });
        assert_eq!(document["components"], components);
        let references = json!([
            {"$ref": "#/components/schemas/AppAppThread"},
            {"$ref": "#/components/schemas/AppAppThread/properties/of"},
            {"$ref": "#/components/schemas/Same"},
        ]);
        assert_eq!(get["responses"]["200"]["schema"]["anyOf"], references);
        assert_eq!(
            get["security"],
            json!([{"Apptoken": ["read"], "other": []}])
        );
    }

    #[test]
    fn routes_are_open_or_ask_as_they_do_for_requests() {
        let app = |more: &Value| {
            let mut app =
                json!({"paths": {"/a": {"get": {}}, "/b": {"get": {"security": [{"x": []}]}}}});
            app["security"] = more.clone();
            if more.is_null() {
                app.as_object_mut().unwrap().remove("security");
            }
            app
        };
        let of_a = |document: &Value| document["paths"]["/a"]["get"].get("security").cloned();
        assert_eq!(of_a(&merged(app(&Value::Null), false)), Some(json!([])));
        assert_eq!(of_a(&merged(app(&Value::Null), true)), None);
        let own = json!([{"y": []}]);
        let document = merged(app(&own), false);
        assert_eq!(of_a(&document), Some(own));
        assert_eq!(document["security"], json!([{"token": []}]));
        assert_eq!(
            document["paths"]["/b"]["get"]["security"],
            json!([{"x": []}])
        );
    }

    #[test]
    fn what_is_no_description_changes_nothing() {
        for odd in [json!(7), json!([]), json!({"paths": 3, "components": "x"})] {
            assert_eq!(merged(odd, false), server());
        }
    }
}
