import { z } from "zod";

// What `drover.config.ts` may say. It is plain data: every default is stated here, and every
// reference is checked in check.ts.

const Name = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "expected a-z, 0-9 and -, a letter first");
const Entry = z
  .string()
  .max(200)
  .regex(/^[a-z][\w-]*(\/[\w-]+)*\/[\w-]+\.ts$/, "expected a .ts file by its path from the root");
const Port = z.int().min(0).max(65_535);
const EnvName = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, "expected an environment name");
const Env = z.record(EnvName, z.string().max(4096)).default({});
/** Variables that are handed on from the environment of `drover up`: a feed's secrets. */
const PassEnv = z.array(EnvName).max(32).default([]);
/** Limit of the JavaScript heap; the process dies beyond it and is started again. */
const HeapMb = z.int().min(32).max(16_384).optional();

/** What a process needs of its surroundings; each becomes environment variables. */
export const Use = z.enum([
  "stream",
  "records",
  "history",
  "mqtt",
  "regions",
  "ingest",
  "data",
  "state",
]);
export type Use = z.infer<typeof Use>;

/** A store or broker that Drover starts itself, as a local process. */
export const EmbeddedEngine = z.strictObject({
  kind: z.literal("embedded"),
  provides: z.enum(["history", "mqtt"]),
  entry: Entry,
  /** 0: a free one, kept for the life of the data folder. */
  port: Port.default(0),
  heapMb: HeapMb,
  env: Env,
});

/** One that runs elsewhere. */
export const RemoteEngine = z.strictObject({
  kind: z.literal("remote"),
  provides: z.enum(["history", "mqtt"]),
  url: z.url(),
  user: z.string().max(64).optional(),
  /** Name of the variable, in the environment of `drover up`, that holds the password. */
  passwordEnv: EnvName.optional(),
});

export const Engine = z.discriminatedUnion("kind", [EmbeddedEngine, RemoteEngine]);

/** A process kind of the data plane. */
export const Service = z.strictObject({
  entry: Entry,
  /** Starts once these are ready; stops before them. */
  after: z.array(Name).max(32).default([]),
  uses: z.array(Use).max(8).default([]),
  replicas: z.int().min(1).max(16).default(1),
  heapMb: HeapMb,
  env: Env,
  passEnv: PassEnv,
});

/**
 * One input of an edge, as `KIND=…` or as an object; what a kind takes is the edge's to check. An
 * address `engine:NAME` stands for that engine's.
 */
export const Source = z.union([z.string().min(1).max(2048), z.looseObject({ kind: Name })]);

/** A process that reads sources and reports to every region. */
export const Edge = z.strictObject({
  sources: z.array(Source).min(1).max(16),
  after: z.array(Name).max(32).default([]),
  uses: z.array(Use).max(8).default([]),
  heapMb: HeapMb,
  env: Env,
  passEnv: PassEnv,
});

export const Route = z.strictObject({
  /** `/v1/reports` matches exactly, `/v1/quarantine/*` by its beginning. */
  path: z.string().regex(/^\/[\w./-]*\*?$/, "expected a path, with * only at its end"),
  /** Every method when absent. */
  methods: z
    .array(z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]))
    .min(1)
    .optional(),
  service: Name,
});

export const Gateway = z.strictObject({
  entry: Entry,
  port: Port.default(8080),
  /** The first that matches is taken. */
  routes: z.array(Route).min(1).max(64),
  heapMb: HeapMb,
  env: Env,
});

/** `sqlite:FILE` (below the data folder) or a server's address. */
const StoreUrl = (scheme: string) =>
  z
    .string()
    .max(1024)
    .regex(new RegExp(`^(sqlite:[\\w./-]+|${scheme}s?://.+)$`), `expected sqlite: or ${scheme}://`);

export const Demo = z.strictObject({
  /** Processes that only make life, as in publishing stations. */
  services: z.record(Name, Service).default({}),
  edges: z.record(Name, Edge).default({}),
});

export const Platform = z.strictObject({
  name: Name,
  stream: z.strictObject({ url: StoreUrl("redis") }),
  records: z.strictObject({ url: StoreUrl("postgres") }),
  engines: z.record(Name, Engine),
  services: z.record(Name, Service),
  /** Every edge runs this; `passEnv` goes to the edges that `--source` makes. */
  edge: z.strictObject({ entry: Entry, passEnv: PassEnv }),
  edges: z.record(Name, Edge).default({}),
  gateway: Gateway,
  /** What runs beside the rest unless `--no-demo` is said. */
  demo: Demo.optional(),
});

export type Platform = z.output<typeof Platform>;
export type PlatformInput = z.input<typeof Platform>;
export type Engine = z.output<typeof Engine>;
export type Service = z.output<typeof Service>;
export type Edge = z.output<typeof Edge>;
export type Source = z.output<typeof Source>;
export type Route = z.output<typeof Route>;
