// The call `load`: imports the project's auth, embeddings, graphs and app, once in the life of a worker.

import { pathToFileURL } from "node:url";

import { LoadedAuth } from "./auth.mjs";
import { defaultOf } from "./common_js.mjs";
import { Disclosure } from "./disclosure.mjs";
import { diagnose, isOfProject } from "./diagnostics.mjs";
import { CallFailed } from "./errors.mjs";
import { FilesRead } from "./files_read.mjs";
import { Graphs } from "./graphs.mjs";
import { installLoopback } from "./loopback.mjs";
import { ProjectApp } from "./project_app.mjs";
import { settingsFiles } from "./project_files.mjs";
import { storeClass } from "./store.mjs";
import { StoreIndex } from "./store_index.mjs";

/** @typedef {import("./calls.mjs").Call} Call */
/** @typedef {import("./connection.mjs").Answer} Answer */
/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {import("./worker.mjs").Worker} Worker */
/** @typedef {{file: string, attribute: string}} Target */

/** Variables that tell user code where this server is, unless they are set. */
const API_URL = ["LANGGRAPH_API_URL", "LGX_URL"];

/**
 * Handles `load`.
 * @param {Worker} worker
 * @param {Call} call
 * @param {Meta} params
 * @returns {Promise<Answer>}
 */
export async function load(worker, call, params) {
  if (worker.isLoaded) {
    throw new CallFailed("This worker has loaded a project already; new code means a new process.", { type: "LoadError" });
  }
  worker.isLoaded = true;
  const began = performance.now();
  worker.server = serverMetadata(params, worker.project.versions);
  worker.disclosure = new Disclosure(Boolean(params["redact_errors"]));
  worker.traces = Boolean(params["traces"]);
  worker.blocking = params["blocking"] ?? null;
  for (const name of API_URL) if (params["api_url"]) process.env[name] ??= params["api_url"];
  if (params["api_url"]) installLoopback(params["api_url"], params["client_secret"] ?? null);
  /** @type {(what: string) => void} */
  const say = (what) => call.sendNow({ loading: what });
  const read = new FilesRead([worker.root, ...params["sys_path"]], params["data_suffixes"] ?? []);
  const loadedFrom = () => {
    const code = worker.source.files;
    const files = new Set([...code, ...settingsFiles(worker.root, code), ...read.files]);
    return { files: [...files], listed: read.listed };
  };
  let graphs;
  try {
    graphs = await read.during(() => loadProject(worker, params, say));
  } catch (error) {
    call.sendNow(loadedFrom());
    throw error;
  }
  const meta = {
    load_ms: Math.round((performance.now() - began) * 10) / 10,
    versions: worker.project.versions,
    graphs: graphs.told,
    auth: worker.auth && { handlers: worker.auth.handlers },
    ...(worker.app && { app: worker.app.told }),
    ...loadedFrom(),
    uses: { modules: worker.source.packages, packages: worker.source.packages.map(packageOf) },
    set_too_late: [],
    failed_elsewhere: graphs.failedElsewhere,
  };
  return { meta };
}

/**
 * @param {Worker} worker
 * @param {Meta} params
 * @param {(what: string) => void} say
 */
async function loadProject(worker, params, say) {
  // First, and without mercy: nobody is served with auth that could not be loaded.
  if (params["auth"]) {
    say("auth");
    worker.auth = await loadAuth(params["auth"], worker.root);
  }
  await loadStore(worker, params["store"] ?? null, say);
  const graphs = await loadGraphs(worker, params["graphs"], say);
  if (params["app"]) {
    say("the app");
    worker.app = await ProjectApp.load(worker, params["app"], named);
  }
  return graphs;
}

/**
 * @param {Target} target
 * @param {string} root
 */
async function loadAuth(target, root) {
  try {
    return new LoadedAuth(await named(target));
  } catch (error) {
    const found = diagnose(error, root);
    const diagnostic = found.file === null ? { ...found, file: target.file } : found;
    const name = `${target.file}:${target.attribute}`;
    throw new CallFailed(`Auth could not be loaded from ${name}: ${diagnostic.message}`, { type: "AuthLoadError", diagnostic });
  }
}

/**
 * @param {Worker} worker
 * @param {Record<string, Target>} specs
 * @param {(what: string) => void} say
 */
async function loadGraphs(worker, specs, say) {
  worker.graphs = new Graphs();
  /** @type {Record<string, object>} */
  const told = {};
  let failedElsewhere = false;
  for (const [id, spec] of Object.entries(specs)) {
    say(`the graph ${id}`);
    try {
      const graph = await worker.graphs.add(id, await named(spec));
      told[id] = { name: graph.name, factory: graph.isMade, notices: graph.notices };
    } catch (error) {
      const found = diagnose(error, worker.root);
      const diagnostic = found.file === null ? { ...found, file: spec.file } : found;
      worker.graphs.fail(id, diagnostic);
      told[id] = { error: diagnostic };
      failedElsewhere ||= !isOfProject(diagnostic.file ?? "", worker.root);
    }
  }
  return { told, failedElsewhere };
}

/**
 * @param {Worker} worker
 * @param {Meta | null} spec
 * @param {(what: string) => void} say
 */
async function loadStore(worker, spec, say) {
  const RemoteStore = storeClass(await worker.project.importCheckpoint());
  const index = spec?.["index"] ?? null;
  if (index) {
    say("the embeddings");
    try {
      worker.index = new StoreIndex(await embeddings(index.embed), index.dims, index.fields);
    } catch (error) {
      const diagnostic = diagnose(error, worker.root);
      throw new CallFailed(diagnostic.message, { type: "StoreIndexError", diagnostic });
    }
  }
  const ttl = spec?.["ttl"] ?? null;
  worker.store = new RemoteStore(worker.connection, {
    index: worker.index,
    refreshes: ttl?.refresh_on_read ?? true,
    defaultTtl: ttl?.default_ttl ?? null,
  });
}

/** @param {Target | {model: string}} embed */
async function embeddings(embed) {
  if (!("model" in embed)) return StoreIndex.embeddings(await named(embed));
  throw new Error(
    `\`${embed.model}\` names a model of Python's langchain. In a project without Python, name an \`Embeddings\` object of a file: "./src/embeddings.ts:embeddings".`,
  );
}

/**
 * What a `file` and an `attribute` name.
 * @param {Target} target
 * @returns {Promise<unknown>}
 */
async function named({ file, attribute }) {
  const module = await import(pathToFileURL(file).href);
  const name = attribute === "" ? "default" : attribute;
  if (name === "default" && name in module) return defaultOf(module.default);
  // What is imported of a CommonJS module is found in its default too, where its names could not be told beforehand.
  const found = name in module ? module[name] : module.default?.[name];
  if (found !== undefined) return found;
  const exported = Object.keys(module).filter((key) => key !== "default" && key !== "module.exports");
  const known = exported.length > 0 ? ` It exports ${exported.map((key) => `\`${key}\``).join(", ")}.` : " It exports nothing.";
  throw new ReferenceError(`${file} has no export \`${name}\`.${known}`);
}

/**
 * `@scope/name` of `@scope/name/part`.
 * @param {string} specifier
 */
function packageOf(specifier) {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

/**
 * What the metadata of every run says about the server: traces and Studio find the way back by it.
 * @param {Meta} params
 * @param {Record<string, string>} versions
 */
function serverMetadata(params, versions) {
  return {
    run_attempt: 1,
    langgraph_version: versions["@langchain/langgraph"] ?? null,
    langgraph_api_version: params["user_agent_version"],
    langgraph_plan: "developer",
    langgraph_host: "self-hosted",
    langgraph_api_url: params["api_url"],
  };
}
