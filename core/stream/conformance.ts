// What every adapter of the stream must do: one suite, run on each by its own test file.

import { suite } from "node:test";
import { appendTests } from "./conformance-append.ts";
import { deduplicationTests } from "./conformance-dedup.ts";
import { groupTests } from "./conformance-groups.ts";
import { leaseTests } from "./conformance-leases.ts";
import type { Adapter } from "./conformance-place.ts";

export function streamConformance(adapter: Adapter): void {
  const options = { skip: adapter.skip ?? false };
  suite(`${adapter.name}: append and read`, options, () => appendTests(adapter));
  suite(`${adapter.name}: deduplication`, options, () => deduplicationTests(adapter));
  suite(`${adapter.name}: groups and trim`, options, () => groupTests(adapter));
  suite(`${adapter.name}: leases`, options, () => leaseTests(adapter));
}
