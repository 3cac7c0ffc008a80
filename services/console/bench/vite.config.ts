// Builds the bench's page with what the console is built with.

import { defineConfig, mergeConfig } from "vite";
import base from "../vite.config.ts";

export default mergeConfig(
  base,
  defineConfig({ root: import.meta.dirname, base: "./", build: { emptyOutDir: true } }),
);
