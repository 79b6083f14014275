// How the page is built into ../dist, under names that stay, and served while one works on it.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the server: `LGX_URL=http://127.0.0.1:2024 npm run dev`. */
const server = process.env.LGX_URL ?? "http://127.0.0.1:2024";

/** Which file of the build a module of a package goes to; our own code, which changes most, is in a file of its own. */
function chunk(id: string): string | undefined {
  if (!id.includes("node_modules")) return undefined;
  return /@xyflow|dagre|d3-|zustand|classcat/.test(id) ? "graph" : "vendor";
}

export default defineConfig({
  base: "/studio/",
  plugins: [react()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2023",
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      // They say nothing of it in their package.json, and do nothing but define: what is not used of them, such as all of langsmith, is left out.
      treeshake: { moduleSideEffects: (id: string) => !/node_modules\/(@langchain|langsmith)\//.test(id) },
      output: {
        entryFileNames: "app.js",
        chunkFileNames: "[name].js",
        assetFileNames: ({ names }) => (names.some((name) => name.endsWith(".css")) ? "app.css" : "[name][extname]"),
        manualChunks: chunk,
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/lgx", "/threads", "/runs", "/assistants", "/store", "/info", "/ok"].map((path) => [
        path,
        { target: server, ws: true, changeOrigin: true },
      ]),
    ),
  },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"] },
});
