import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { WatchEvent } from "../../model/event.ts";
import type { Rule } from "../../model/rule.ts";
import { Zone } from "../../model/zone.ts";
import { alertChangesOf, crossedClearMs } from "./changes-of.ts";
import { removalsOf } from "./removals.ts";
import { t0 } from "./testing.ts";

const zone = (over: object = {}): Zone =>
  Zone.parse({
    id: "port",
    name: "Port of Darwin",
    shape: { type: "circle", center: [130.8, -12.4], radiusM: 500 },
    alert: { on: ["entered", "crossed"], severity: "warning" },
    version: 1,
    validFrom: t0,
    ...over,
  });
const rule = (over: Partial<Rule> = {}): Rule => ({
  id: "fast",
  name: "Too fast",
  condition: { type: "threshold", metric: "motion.speedMps", above: 10 },
  forMs: 0,
  keepFiringMs: 0,
  severity: "critical",
  isEnabled: true,
  version: 1,
  updatedAt: t0,
  ...over,
});
const event = (kind: WatchEvent["kind"], over: Partial<WatchEvent> = {}): WatchEvent => ({
  id: "0".repeat(32),
  kind,
  at: t0,
  asset: "vessel:a",
  retro: false,
  explanation: { text: "so it was" },
  ...over,
});
const changesOf = (one: WatchEvent, zones = [zone()], rules = [rule()], edge?: string) =>
  alertChangesOf(
    [one],
    new Map(zones.map((item) => [item.id, item])),
    new Map(rules.map((item) => [item.id, item])),
    { edgeOf: () => edge },
  ).map((change) => ({
    kind: change.kind,
    cause: change.cause,
    ...(change.kind === "raise" && { title: change.title, site: change.site }),
    ...(change.kind === "raise" && { clearAfterMs: change.clearAfterMs }),
  }));

describe("alertChangesOf", () => {
  it("raises what the zone asks for until the asset has left", () => {
    const raised = changesOf(event("entered", { zone: "port" })).at(-1);
    assert.equal(raised?.kind, "raise");
    assert.equal(raised.cause, "zone:port:entered:vessel:a");
    assert.equal(raised.title, "vessel:a entered Port of Darwin");
    const ended = changesOf(event("left", { zone: "port" }));
    assert.deepEqual(
      ended.map(({ kind, cause }) => `${kind} ${cause}`),
      ["clear zone:port:entered:vessel:a", "clear zone:port:dwelt:vessel:a"],
    );
  });

  it("ends a crossing by itself after a while", () => {
    const crossed = changesOf(event("crossed", { zone: "port" }));
    assert.equal(crossed[0]?.clearAfterMs, crossedClearMs);
  });

  it("raises nothing that the zone does not ask for, and nothing of a zone that is gone", () => {
    assert.deepEqual(changesOf(event("dwelt", { zone: "port" })), []);
    assert.deepEqual(changesOf(event("crossed", { zone: "port" }), []), []);
  });

  it("raises and clears what rules say, for a set without an asset", () => {
    const fired = changesOf(event("rule-fired", { rule: "fast" }));
    assert.equal(fired[0]?.cause, "rule:fast:vessel:a");
    const cleared = changesOf(event("rule-cleared", { rule: "fast" }), [], []);
    assert.deepEqual(cleared, [{ kind: "clear", cause: "rule:fast:vessel:a" }]);
    const set = changesOf(event("rule-fired", { rule: "fast", asset: undefined }));
    assert.equal(set[0]?.cause, "rule:fast");
  });

  it("names the edge that would explain a silence, and none for anything else", () => {
    const silence = rule({ id: "quiet", condition: { type: "silence", afterMs: 60_000 } });
    const silent = event("silent", { rule: "quiet" });
    assert.equal(changesOf(silent, [], [silence], "edge-darwin")[0]?.site, "edge:edge-darwin");
    const fired = event("rule-fired", { rule: "fast" });
    assert.equal(changesOf(fired, [], [rule()], "edge-darwin")[0]?.site, undefined);
  });
});

describe("removalsOf", () => {
  it("ends what nothing watches any more", () => {
    const standing = [
      { cause: "zone:port:entered:vessel:a", zone: "port" },
      { cause: "zone:port:dwelt:vessel:a", zone: "port" },
      { cause: "zone:gone:entered:vessel:a", zone: "gone" },
      { cause: "rule:fast:vessel:a", rule: "fast" },
      { cause: "rule:off:vessel:a", rule: "off" },
      { cause: "edge:edge-darwin" },
    ];
    const rules = new Map([
      ["fast", rule()],
      ["off", rule({ id: "off", isEnabled: false })],
    ]);
    const removed = removalsOf(standing, new Map([["port", zone()]]), rules);
    assert.deepEqual(
      removed.map(({ cause }) => cause),
      ["zone:port:dwelt:vessel:a", "zone:gone:entered:vessel:a", "rule:off:vessel:a"],
    );
  });
});
