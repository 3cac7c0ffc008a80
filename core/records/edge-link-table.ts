/** What is known of each edge's link. All times are epoch milliseconds. */
export interface EdgeLinkTable {
  readonly edge: string;
  /** Region's clock: the newest request of this edge that was answered. */
  readonly last_received_at: number;
  /** The newest epoch that was heard of, and what is durable of it without a hole. */
  readonly epoch: number;
  readonly through: number;
  /** Region's clock: when the edge last said how it is; the columns below are of then. */
  readonly told_at: number | null;
  readonly backlog_reports: number | null;
  readonly backlog_bytes: number | null;
  /** Edge's clock. */
  readonly backlog_oldest_at: number | null;
  readonly backlog_drain_ms: number | null;
}
