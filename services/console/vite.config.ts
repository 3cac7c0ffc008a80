// How the console is built: into dist/, every name with its content's hash but index.html's.

import react from "@vitejs/plugin-react";
import { join } from "node:path";
import { defaultClientConditions, defineConfig } from "vite";
import { compressPlugin } from "./build/compress-plugin.ts";
import { groundPlugin } from "./build/ground-plugin.ts";

const outDir = join(import.meta.dirname, "dist");

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ["visgl:webgl-only", ...defaultClientConditions] },
  plugins: [react(), groundPlugin(), compressPlugin(outDir)],
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    // A file in the address of another would need a policy that allows `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2_000,
  },
  worker: { format: "es" },
  server: { proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true } } },
});
