import { definePlatform } from "@drover/platform/check";

export default definePlatform({
  name: "drover",
  stream: { url: "sqlite:stream/stream.db" },
  records: { url: "sqlite:records/records.db" },
  engines: {
    clickhouse: {
      kind: "embedded",
      provides: "history",
      entry: "control/engines/clickhouse/main.ts",
      // Each running statement holds one thread; the engine would start itself anew without this.
      env: { UV_THREADPOOL_SIZE: "16" },
    },
    mqtt: {
      kind: "embedded",
      provides: "mqtt",
      entry: "control/engines/mqtt/main.ts",
      heapMb: 192,
    },
  },
  services: {
    ingest: { entry: "services/ingest/main.ts", uses: ["stream", "records"] },
    history: {
      entry: "services/processor/main.ts",
      after: ["clickhouse"],
      uses: ["stream", "history"],
      env: { DROVER_PIPELINE: "history" },
    },
    watch: {
      entry: "services/processor/main.ts",
      uses: ["stream", "records"],
      heapMb: 256,
      env: { DROVER_PIPELINE: "watch" },
    },
    api: {
      entry: "services/api/main.ts",
      after: ["clickhouse", "history"],
      uses: ["stream", "records", "history", "ingest"],
    },
  },
  edge: {
    entry: "services/edge/main.ts",
    passEnv: [
      "DROVER_OPENSKY_CLIENT_ID",
      "DROVER_OPENSKY_CLIENT_SECRET",
      "DROVER_MQTT_USER",
      "DROVER_MQTT_PASSWORD",
      "DROVER_SOURCE_HTTP_TOKEN",
    ],
  },
  gateway: {
    entry: "control/gateway/main.ts",
    port: 8080,
    routes: [
      { path: "/v1/reports", methods: ["POST"], service: "ingest" },
      { path: "/v1/quarantine/readmit", methods: ["POST"], service: "ingest" },
      { path: "/*", service: "api" },
    ],
  },
  demo: {
    services: {
      stations: {
        entry: "control/engines/fleet/main.ts",
        heapMb: 192,
        after: ["mqtt", "edge-stations"],
        uses: ["mqtt", "state"],
        env: { DROVER_FLEET_STATIONS: "200", DROVER_FLEET_CADENCE_MS: "30000" },
      },
    },
    edges: {
      "edge-flights": { sources: [{ kind: "sim", flights: 300 }], heapMb: 192 },
      "edge-stations": {
        sources: [{ kind: "mqtt", url: "engine:mqtt" }],
        after: ["mqtt"],
        heapMb: 192,
      },
    },
  },
});
