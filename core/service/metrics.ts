import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

export type MetricSpec<L extends string> = {
  /** Without the prefix: `reports_accepted_total` becomes `drover_reports_accepted_total`. */
  readonly name: string;
  readonly help: string;
  /** Low-cardinality only: never an asset, a token or a path with an id. */
  readonly labels?: readonly L[];
};

export type HistogramSpec<L extends string> = MetricSpec<L> & {
  /** Upper bounds, in the unit of the name; seconds for times. */
  readonly buckets: readonly number[];
};

export interface Metrics {
  counter<L extends string>(spec: MetricSpec<L>): Counter<L>;
  gauge<L extends string>(spec: MetricSpec<L>): Gauge<L>;
  /** A gauge that is read when it is scraped. */
  gaugeOf(spec: MetricSpec<never>, read: () => number): void;
  histogram<L extends string>(spec: HistogramSpec<L>): Histogram<L>;
  /** Prometheus text exposition. */
  expose(): Promise<string>;
  readonly contentType: string;
}

/** From a loopback answer to a hopeless one; an edge at each limit that an objective may name. */
export const latencySeconds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10,
];

const PREFIX = "drover_";

/**
 * The metrics of one process: its own, memory, CPU, garbage collection and event-loop lag.
 *
 * Every series carries `service`, and `instance` where there are replicas.
 */
export function createMetrics(config: {
  readonly service: string;
  readonly instance?: string | undefined;
}): Metrics {
  const registry = new Registry();
  const instance = config.instance === undefined ? {} : { replica: config.instance };
  registry.setDefaultLabels({ service: config.service, ...instance });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });

  const common = <L extends string>(spec: MetricSpec<L>) => ({
    name: `${PREFIX}${spec.name}`,
    help: spec.help,
    labelNames: spec.labels ?? [],
    registers: [registry],
  });
  return {
    counter: (spec) => new Counter(common(spec)),
    gauge: (spec) => new Gauge(common(spec)),
    gaugeOf(spec, read) {
      const gauge: Gauge = new Gauge({ ...common(spec), collect: () => gauge.set(read()) });
    },
    histogram: (spec) => new Histogram({ ...common(spec), buckets: [...spec.buckets] }),
    expose: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
