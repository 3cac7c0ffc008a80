import type { Edge, Engine, Platform, Service, Source, Use } from "./definition.ts";

/** One process to run: everything its starter must know, and nothing that it must not. */
export type ProcessPlan = {
  /** Unique: `ingest`, or `ingest-2` where there are replicas. */
  readonly instance: string;
  /** The name in the definition, by which others wait for it. */
  readonly name: string;
  readonly role: "engine" | "service" | "gateway" | "edge" | "demo";
  /** Path from the root. */
  readonly entry: string;
  /** It starts once these are ready, and ends before they do. */
  readonly after: readonly string[];
  /** It also ends before these, though it need not wait for them to start. */
  readonly endsBefore: readonly string[];
  readonly port: number;
  readonly heapMb: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Variables handed on from the starter's own environment. */
  readonly passEnv: readonly string[];
};

/** Where and with what a definition is put to work; the only inputs besides the definition. */
export type Placement = {
  /** Absolute path of the data folder. */
  readonly dataDir: string;
  /** Where the front door listens. */
  readonly gatewayHost: string;
  readonly gatewayPort: number;
  /** The port of an instance; the same answer for the same instance. */
  portOf(instance: string): number;
  /** The password of a process-to-process account, by engine. */
  passwordOf(engine: string): string;
  /** The token with which an edge reports. */
  edgeTokenOf(edge: string): string;
  /** Where the gateway reads its routes and upstreams. */
  readonly routesFile: string;
  readonly logLevel: string;
  readonly probeMs: number;
  readonly gitSha: string;
  readonly buildDate: string;
  readonly parentPid: number;
};

const LOOPBACK = "127.0.0.1";
const CLICKHOUSE_USER = "drover";

/** Every process of a definition here, with its whole environment. Pure. */
export function planProcesses(platform: Platform, placement: Placement): readonly ProcessPlan[] {
  const wiring = createWiring(platform, placement);
  return [
    ...Object.entries(platform.engines).flatMap(([name, engine]) =>
      engine.kind === "remote" ? [] : [planEngine(name, engine, placement)],
    ),
    ...planServices(platform.services, "service", wiring),
    ...planServices(platform.demo?.services ?? {}, "demo", wiring),
    ...planEdges(platform, platform.edges, wiring),
    ...planEdges(platform, platform.demo?.edges ?? {}, wiring),
    planGateway(platform, placement),
  ];
}

type Wiring = {
  readonly placement: Placement;
  /** The variables that give a process what it uses. */
  readonly envOf: (uses: readonly Use[], instance: string) => Record<string, string>;
  /** Address of each engine, by its name. */
  readonly engineUrls: ReadonlyMap<string, string>;
};

function createWiring(platform: Platform, placement: Placement): Wiring {
  const frontDoor = `http://${reachable(placement.gatewayHost)}:${placement.gatewayPort}`;
  const addresses: Record<Use, Record<string, string>> = {
    data: { DROVER_DATA: placement.dataDir },
    stream: { DROVER_STREAM_URL: resolveStore(platform.stream.url, placement.dataDir) },
    records: { DROVER_RECORDS_URL: resolveStore(platform.records.url, placement.dataDir) },
    regions: { DROVER_REGIONS: `local=${frontDoor}` },
    ingest: { DROVER_INGEST_URL: frontDoor },
    history: {},
    mqtt: {},
    // It has the instance's name, which is known where a process is planned.
    state: {},
  };
  const engineUrls = new Map<string, string>();
  for (const [name, engine] of Object.entries(platform.engines)) {
    const address = engineAddress(name, engine, placement);
    addresses[engine.provides] = address;
    engineUrls.set(name, address["DROVER_MQTT_URL"] ?? address["DROVER_CLICKHOUSE_URL"] ?? "");
  }
  return {
    placement,
    engineUrls,
    envOf(uses, instance) {
      const state = { DROVER_STATE_DIR: `${placement.dataDir}/state/${instance}` };
      const parts = uses.map((use) => (use === "state" ? state : addresses[use]));
      return Object.assign({}, ...parts);
    },
  };
}

/** A listener on every address is reached on loopback. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return LOOPBACK;
  return host.includes(":") ? `[${host}]` : host;
}

/** A store's address here: a file's path is below the data folder. */
export function resolveStore(url: string, dataDir: string): string {
  const file = /^sqlite:(?<file>.+)$/.exec(url)?.groups?.["file"];
  if (file === undefined || file.startsWith("/")) return url;
  return `sqlite:${dataDir}/${file}`;
}

function engineAddress(name: string, engine: Engine, placement: Placement): Record<string, string> {
  const isRemote = engine.kind === "remote";
  const port = isRemote ? 0 : engine.port || placement.portOf(name);
  switch (engine.provides) {
    case "mqtt":
      return { DROVER_MQTT_URL: isRemote ? engine.url : `mqtt://${LOOPBACK}:${port}` };
    case "history":
      return {
        DROVER_CLICKHOUSE_URL: isRemote ? engine.url : `http://${LOOPBACK}:${port}`,
        DROVER_CLICKHOUSE_USER: isRemote ? (engine.user ?? "default") : CLICKHOUSE_USER,
        DROVER_CLICKHOUSE_PASSWORD: placement.passwordOf(name),
      };
  }
}

/** What an embedded engine itself must know: where its data is and who may come in. */
function engineOwnEnv(name: string, engine: Engine, placement: Placement): Record<string, string> {
  switch (engine.provides) {
    case "mqtt":
      return {};
    case "history": {
      const { DROVER_CLICKHOUSE_URL: _, ...account } = engineAddress(name, engine, placement);
      return { DROVER_DATA: placement.dataDir, ...account };
    }
  }
}

/** The gateway may listen beyond this machine: who may look at it then is said by whoever starts it. */
const observerEnv = ["DROVER_METRICS_ACCESS", "DROVER_METRICS_TOKEN"];

/** What every process gets. Health is answered at its port unless that speaks something else. */
function commonEnv(instance: string, port: number, placement: Placement): Record<string, string> {
  return {
    DROVER_HOST: LOOPBACK,
    DROVER_PORT: String(port),
    DROVER_HTTP_PORT: String(port),
    DROVER_LOG_LEVEL: placement.logLevel,
    DROVER_INSTANCE: instance,
    DROVER_PARENT_PID: String(placement.parentPid),
    DROVER_PROBE_MS: String(placement.probeMs),
    DROVER_GIT_SHA: placement.gitSha,
    DROVER_BUILD_DATE: placement.buildDate,
  };
}

function planEngine(
  name: string,
  engine: Extract<Engine, { kind: "embedded" }>,
  placement: Placement,
): ProcessPlan {
  const port = engine.port || placement.portOf(name);
  // The broker's own protocol has the engine's port; its health has one of its own.
  const isBroker = engine.provides === "mqtt";
  const httpPort = isBroker ? placement.portOf(`${name}-health`) : port;
  return {
    instance: name,
    name,
    role: "engine",
    entry: engine.entry,
    after: [],
    endsBefore: [],
    port: httpPort,
    heapMb: engine.heapMb,
    passEnv: [],
    env: {
      ...commonEnv(name, port, placement),
      DROVER_HTTP_PORT: String(httpPort),
      ...engineOwnEnv(name, engine, placement),
      ...engine.env,
    },
  };
}

function planServices(
  services: Readonly<Record<string, Service>>,
  role: "service" | "demo",
  { placement, envOf }: Wiring,
): readonly ProcessPlan[] {
  return Object.entries(services).flatMap(([name, service]) =>
    instancesOf(name, service.replicas).map((instance) => {
      const port = placement.portOf(instance);
      return {
        instance,
        name,
        role,
        entry: service.entry,
        after: service.after,
        endsBefore: [],
        port,
        heapMb: service.heapMb,
        passEnv: service.passEnv,
        env: {
          ...commonEnv(instance, port, placement),
          ...envOf(service.uses, instance),
          ...service.env,
        },
      };
    }),
  );
}

/** One process has the service's own name; several are numbered. */
export function instancesOf(name: string, replicas: number): readonly string[] {
  if (replicas === 1) return [name];
  return Array.from({ length: replicas }, (_, index) => `${name}-${index + 1}`);
}

function planEdges(
  platform: Platform,
  edges: Readonly<Record<string, Edge>>,
  { placement, envOf, engineUrls }: Wiring,
): readonly ProcessPlan[] {
  return Object.entries(edges).map(([name, edge]) => {
    const port = placement.portOf(name);
    return {
      instance: name,
      name,
      role: "edge",
      entry: platform.edge.entry,
      after: edge.after,
      // It keeps what it reads until somebody is there to take it.
      endsBefore: ["gateway"],
      port,
      heapMb: edge.heapMb,
      passEnv: edge.passEnv,
      env: {
        ...commonEnv(name, port, placement),
        ...envOf(["regions", ...edge.uses], name),
        DROVER_DATA: placement.dataDir,
        DROVER_EDGE: name,
        DROVER_TOKEN: placement.edgeTokenOf(name),
        DROVER_SOURCES: JSON.stringify(
          edge.sources.map((source) => locateSource(source, engineUrls)),
        ),
        ...edge.env,
      },
    };
  });
}

/** Puts an engine's address where a source says `engine:NAME`. */
function locateSource(source: Source, engineUrls: ReadonlyMap<string, string>): Source {
  if (typeof source === "string") {
    return source.replace(/=engine:([a-z][a-z0-9-]*)/, (text, name) => {
      const url = engineUrls.get(String(name));
      return url === undefined ? text : `=${url}`;
    });
  }
  const { url } = source;
  if (typeof url !== "string" || !url.startsWith("engine:")) return source;
  return { ...source, url: engineUrls.get(url.slice("engine:".length)) ?? url };
}

function planGateway(platform: Platform, placement: Placement): ProcessPlan {
  const { gateway } = platform;
  return {
    instance: "gateway",
    name: "gateway",
    role: "gateway",
    entry: gateway.entry,
    after: [...new Set(gateway.routes.map((route) => route.service))],
    endsBefore: [],
    port: placement.gatewayPort,
    heapMb: gateway.heapMb,
    passEnv: observerEnv,
    env: {
      ...commonEnv("gateway", placement.gatewayPort, placement),
      DROVER_HOST: placement.gatewayHost,
      DROVER_ROUTES: placement.routesFile,
      ...gateway.env,
    },
  };
}

/** What the gateway is told: its routes, and where each service's copies listen. */
export function gatewayTable(
  platform: Platform,
  processes: readonly Pick<ProcessPlan, "name" | "instance" | "port">[],
) {
  const services = new Set(platform.gateway.routes.map((route) => route.service));
  const upstreams = [...services].map((service) => ({
    service,
    copies: processes
      .filter((process) => process.name === service)
      .map(({ instance, port }) => ({ instance, host: LOOPBACK, port })),
  }));
  return { routes: platform.gateway.routes, upstreams };
}
