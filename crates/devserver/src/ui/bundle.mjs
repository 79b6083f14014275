// Bundles the UI components of one graph with the project's own esbuild: reads from stdin what to do, and says on stdout what came of it.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

// What plugins print is no answer.
globalThis.console = new console.Console(process.stderr);

const job = JSON.parse(await text(process.stdin));
const above = [];
for (let directory = path.dirname(job.entry); ; directory = path.dirname(directory)) {
  above.push(directory);
  if (directory === path.dirname(directory)) break;
}

// Yarn without node_modules finds packages once this file is set up.
const plugAndPlay = above.map((directory) => path.join(directory, ".pnp.cjs")).find(existsSync);
if (plugAndPlay) createRequire(job.entry)(plugAndPlay).setup();

/** The file of a package: one of the project's own, or one that came along with the packages that bundle UI components. */
function find(name) {
  const places = [job.entry];
  for (const bundler of ["@langchain/langgraph-ui", "@langchain/langgraph-cli", "vite"]) {
    const file = resolve(job.entry, bundler);
    if (file) places.push(file);
  }
  // pnpm keeps the packages of packages here.
  for (const directory of above) places.push(path.join(directory, "node_modules/.pnpm/node_modules/_"));
  for (const place of places) {
    const file = resolve(place, name);
    if (file) return file;
  }
}

function resolve(place, name) {
  try {
    return createRequire(place).resolve(name);
  } catch {
    return undefined;
  }
}

async function bundle() {
  const file = find("esbuild");
  if (!file) return { missing: true };
  const esbuild = createRequire(job.entry)(file);
  const plugins = [];
  const tailwind = find("esbuild-plugin-tailwindcss");
  if (tailwind) {
    let plugin = await import(pathToFileURL(tailwind));
    while (typeof plugin !== "function" && plugin.default) plugin = plugin.default;
    plugins.push(plugin());
  }
  const result = await esbuild.build({
    absWorkingDir: job.root,
    stdin: { contents: entryOf(job.entry), loader: "js", resolveDir: job.root, sourcefile: "the UI's entry" },
    outfile: path.join(job.root, "entrypoint.js"),
    write: false,
    metafile: true,
    bundle: true,
    platform: "browser",
    // Modules of the page that shows the components come from that page, so that both have the same React.
    format: "cjs",
    banner: { js: `var ${job.global} = ((require) => { const module = { exports: {} }; const exports = module.exports;` },
    footer: { js: `return module.exports; })(globalThis[Symbol.for("LGUI_REQUIRE")]);` },
    external: ["react", "react-dom", "@langchain/langgraph-sdk", "@langchain/langgraph-sdk/react-ui", ...job.shared],
    target: "es2020",
    jsx: "automatic",
    charset: "utf8",
    logLevel: "silent",
    plugins,
  });
  const inputs = Object.keys(result.metafile.inputs).map((input) => path.resolve(job.root, input));
  return {
    files: result.outputFiles.map((output) => ({ name: path.basename(output.path), text: output.text })),
    inputs: inputs.filter((input) => !input.split(path.sep).includes("node_modules") && existsSync(input)),
  };
}

/** What the page calls once the bundle is loaded: shows a component in the shadow root that it has made for it. */
function entryOf(file) {
  return `
    import components from ${JSON.stringify(file)};
    export function render(name, shadowRootId) {
      const component = components[name];
      if (!component) {
        console.error("There is no UI component " + JSON.stringify(name) + "; there are: " + Object.keys(components).join(", "));
        return;
      }
      const target = document.createElement("div");
      document.getElementById(shadowRootId).shadowRoot.appendChild(target);
      globalThis[Symbol.for("LGUI_EXT_STORE")].respond(shadowRootId, component, target);
    }
  `;
}

function described(error) {
  const { file, line, column, lineText } = error.location ?? {};
  return { text: error.text, file, line, column: column === undefined ? column : column + 1, lineText };
}

const outcome = await bundle().catch((error) => ({
  errors: error.errors?.length ? error.errors.map(described) : [{ text: String(error?.message ?? error) }],
}));
process.stdout.write(JSON.stringify(outcome));
