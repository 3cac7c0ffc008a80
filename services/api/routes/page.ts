// The plain page at `/`. Its files are read once; nothing else of the folder can be asked for.

import { readFile } from "node:fs/promises";
import type { HttpApp } from "@drover/core/service/http";

const files = [
  { path: "/", file: "index.html", type: "text/html; charset=utf-8" },
  { path: "/page/icon.svg", file: "icon.svg", type: "image/svg+xml" },
  { path: "/page/page.css", file: "page.css", type: "text/css; charset=utf-8" },
  { path: "/page/page.js", file: "page.js", type: "text/javascript; charset=utf-8" },
] as const;

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export async function registerPage(app: HttpApp): Promise<void> {
  for (const { path, file, type } of files) {
    const body = await readFile(new URL(`../page/${file}`, import.meta.url));
    app.get(path, { config: { access: "public" } }, async (_request, reply) =>
      reply
        .type(type)
        .headers({ "content-security-policy": policy, "cache-control": "no-cache" })
        .send(body),
    );
  }
}
