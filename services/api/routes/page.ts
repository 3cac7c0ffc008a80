// The console at `/`: the files that Vite built, under names with their content's hash, compressed when
// they were built. What is served is the list read with the page; nothing else can be asked for. Where
// the console is not built at the start, the plain page stands in and says so.

import { readFile, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { HttpApp } from "@drover/core/service/http";
import { notFound } from "@drover/core/service/problem";

export interface PageConfig {
  /** Where the built console is. */
  readonly folder: string;
  /** Other origins that the map's tiles may come from. */
  readonly tileOrigins: readonly string[];
}

/** Where `vite build` puts it. */
export const builtConsole = join(import.meta.dirname, "../../console/dist");

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};
const encodings = [
  { name: "br", suffix: ".br" },
  { name: "gzip", suffix: ".gz" },
] as const;

const immutable = "public, max-age=31536000, immutable";

const plainFiles = [
  { path: "/page/icon.svg", file: "icon.svg" },
  { path: "/page/page.css", file: "page.css" },
  { path: "/page/page.js", file: "page.js" },
] as const;

/** What a page may do: load from here, ask here, and nothing from text. */
export function pagePolicy(tileOrigins: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    `connect-src ${["'self'", ...tileOrigins].join(" ")}`,
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Serves the console, or the plain page where it is not built. */
export async function registerPage(app: HttpApp, config: PageConfig): Promise<void> {
  const policy = pagePolicy(config.tileOrigins);
  const plain = join(import.meta.dirname, "../page");
  for (const { path, file } of plainFiles) {
    const body = await readFile(join(plain, file));
    app.get(path, { config: { access: "public" } }, async (_request, reply) =>
      reply.type(typeOf(file)).header("cache-control", "no-cache").send(body),
    );
  }
  const isBuilt = (await filesIn(config.folder)).has("index.html");
  const folder = isBuilt ? config.folder : plain;
  let build = await readBuild(folder);
  app.get("/", { config: { access: "public" } }, async (_request, reply) => {
    // The console may have been built again, under other names. While it is, the last one stands.
    build = await readBuild(folder).catch(() => build);
    return reply
      .type(typeOf("index.html"))
      .headers({ "content-security-policy": policy, "cache-control": "no-cache" })
      .send(build.index);
  });
  if (!isBuilt) return;
  app.get("/assets/:file", { config: { access: "public" } }, async (request, reply) =>
    sendFile({ config, files: build.files, policy }, request, reply),
  );
}

interface Build {
  readonly index: Buffer;
  readonly files: ReadonlySet<string>;
}

async function readBuild(folder: string): Promise<Build> {
  return { index: await readFile(join(folder, "index.html")), files: await filesIn(folder) };
}

/** The built files, as they are asked for. */
async function filesIn(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const found = entries.filter((entry) => entry.isFile());
  return new Set(found.map(({ parentPath, name }) => relative(folder, join(parentPath, name))));
}

interface Served {
  readonly config: PageConfig;
  readonly files: ReadonlySet<string>;
  readonly policy: string;
}

async function sendFile(
  { config, files, policy }: Served,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const name = `assets/${nameIn(request.params)}`;
  const type = typeOf(name);
  if (!files.has(name) || type === "") throw notFound(`nothing is served at /${name}`);
  const accepted = request.headers["accept-encoding"] ?? "";
  const encoding = encodings.find(
    (one) => files.has(name + one.suffix) && new RegExp(`\\b${one.name}\\b`).test(accepted),
  );
  // Listed with the page; another build may have taken it away since.
  const body = await readFile(join(config.folder, name + (encoding?.suffix ?? ""))).catch(() => {
    throw notFound(`/${name} is of an older build`);
  });
  if (encoding !== undefined) reply.header("content-encoding", encoding.name);
  // A worker has the policy of its own answer.
  return reply
    .type(type)
    .headers({
      "cache-control": immutable,
      "content-security-policy": policy,
      vary: "accept-encoding",
    })
    .send(body);
}

function nameIn(params: unknown): string {
  if (typeof params !== "object" || params === null || !("file" in params)) return "";
  return String(params.file);
}

/** Empty for what is not served, such as the compressed files by themselves. */
const typeOf = (name: string): string => types[name.slice(name.lastIndexOf(".") + 1)] ?? "";
