// OpenSky by REST: one call at a time, as seldom as the credits ask for.

import { join } from "node:path";
import type { Report } from "@drover/core/model/report";
import { createBackoff } from "@drover/core/service/backoff";
import { z } from "zod";
import { withDeadline } from "./body.ts";
import { createHandover } from "./handover.ts";
import { defineKind, splitSpec } from "./kind.ts";
import { costOf, isInside, parseBoxes, planBoxes } from "./opensky-boxes.ts";
import type { Box } from "./opensky-boxes.ts";
import {
  corrected,
  debited,
  freshBudget,
  loadBudget,
  nextCallAt,
  refreshed,
  saveBudget,
} from "./opensky-budget.ts";
import type { BudgetState, Tier } from "./opensky-budget.ts";
import { createOpenskyClient, OpenskyError } from "./opensky-client.ts";
import { readStates } from "./opensky-states.ts";
import { createTokenHolder, openskyTokenUrl } from "./opensky-token.ts";
import { createRecorder, RecordOptions } from "./record.ts";
import { createRepeatFilter } from "./repeat-filter.ts";
import { SourceError } from "./source.ts";
import type { Source, SourceDeps } from "./source.ts";
import { createTally } from "./tally.ts";
import type { Tally } from "./tally.ts";

const TIMEOUT_MS = 15_000;
/** A wait for credits is looked at again this often, so that a jump of the clock is noticed. */
const WAIT_STEP_MS_MAX = 60_000;

const BoxOption = z
  .strictObject({
    south: z.number().min(-90).max(90),
    west: z.number().min(-180).max(180),
    north: z.number().min(-90).max(90),
    east: z.number().min(-180).max(180),
  })
  .refine((box) => box.south < box.north, { error: "lamin must be below lamax" })
  .refine((box) => box.west !== box.east, { error: "lomin and lomax must differ" });

const OpenskyOptions = z.strictObject({
  /** Areas to watch; west above east means across ±180°. */
  boxes: z.array(BoxOption).min(1).max(16),
  /** The account's tier; by default `standard` with credentials and `anonymous` without. */
  tier: z.enum(["anonymous", "standard", "feeder", "licensed"]).optional(),
  /** Ask for the aircraft's category. */
  extended: z.boolean().default(true),
  url: z.url({ protocol: /^https?$/ }).default("https://opensky-network.org/api"),
  tokenUrl: z.url({ protocol: /^https?$/ }).default(openskyTokenUrl),
  /** A folder to record the answers into. */
  record: RecordOptions.optional(),
});
type OpenskyOptions = z.infer<typeof OpenskyOptions>;

export const openskyKind = defineKind({
  usage: "opensky=lamin,lomin,lamax,lomax[;…] or opensky=world, options ?tier=&extended=&record=",
  options: OpenskyOptions,
  isSingle: true,
  fromText(text) {
    const { target, options } = splitSpec(text);
    return { ...options, boxes: parseBoxes(target) };
  },
  create: createOpensky,
});

export function createOpensky(options: OpenskyOptions, name: string, deps: SourceDeps): Source {
  const { clock, log } = deps;
  const tally = createTally({ name, kind: "opensky" }, { clock });
  const handover = createHandover(createRepeatFilter(), tally);
  const recorder = createRecorder(options.record, { prefix: name, ext: "jsonl" }, { clock, log });
  const client = clientOf(options, deps);
  const plan = planBoxes(options.boxes);
  const backoff = createBackoff({ minMs: 10_000, maxMs: 300_000 }, { clock });
  const account = createAccount(tierOf(options, deps), name, deps, tally);

  async function poll(box: Box, signal: AbortSignal): Promise<readonly Report[]> {
    const body = await withDeadline({ ms: TIMEOUT_MS, what: "opensky" }, { clock, signal }, (own) =>
      client.states(box, own, (answer) => account.answered(answer)),
    );
    const reports = readStates(body, { source: name }, tally);
    tally.succeeded();
    await recorder.write(JSON.stringify(body));
    return reports.filter((report) => {
      if (report.position === undefined || isInside(options.boxes, report.position)) return true;
      tally.refused("outside-boxes");
      return false;
    });
  }

  /** Undefined after a failure that another try may cure. */
  async function tryPoll(box: Box, signal: AbortSignal): Promise<readonly Report[] | undefined> {
    try {
      const reports = await poll(box, signal);
      backoff.reset();
      return reports;
    } catch (error) {
      if (signal.aborted || error instanceof SourceError) throw error;
      tally.failed(error);
      log.warn({ err: error, attempts: backoff.attempts() + 1 }, "opensky: the poll failed");
      // 429 says itself how long to wait, and the account waits so long.
      if (!(error instanceof OpenskyError && error.status === 429)) await backoff.wait(signal);
      return undefined;
    } finally {
      await account.save();
    }
  }

  return {
    name,
    status: () => tally.status(),
    async run(emit, signal) {
      await account.open();
      try {
        await handover.give([], emit);
        for (let turn = 0; !signal.aborted; turn++) {
          const box = plan[turn % plan.length];
          if (box === undefined) break;
          await account.turn(costOf(box), signal);
          const reports = await tryPoll(box, signal);
          if (reports !== undefined) await handover.give(reports, emit);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        tally.nextPoll(undefined);
        tally.state("finished");
      }
    },
    [Symbol.asyncDispose]: () => recorder[Symbol.asyncDispose](),
  };
}

function clientOf(options: OpenskyOptions, deps: SourceDeps) {
  const fetch = deps.fetch ?? globalThis.fetch;
  const { openskyClientId: clientId, openskyClientSecret: clientSecret } = deps.secrets ?? {};
  const tokens =
    clientId === undefined || clientSecret === undefined
      ? undefined
      : createTokenHolder(
          { url: options.tokenUrl, clientId, clientSecret },
          { clock: deps.clock, fetch },
        );
  return createOpenskyClient(options, { fetch, tokens });
}

function tierOf(options: OpenskyOptions, deps: SourceDeps): Tier {
  const hasCredentials =
    deps.secrets?.openskyClientId !== undefined && deps.secrets.openskyClientSecret !== undefined;
  return options.tier ?? (hasCredentials ? "standard" : "anonymous");
}

/** The credits of this process and of those before it. */
interface Account {
  open(): Promise<void>;
  /** Waits until a call of this cost is due, then takes the cost and makes that durable. */
  turn(cost: number, signal: AbortSignal): Promise<void>;
  answered(answer: { readonly status: number; readonly headers: Headers }): void;
  save(): Promise<void>;
}

function createAccount(tier: Tier, name: string, deps: SourceDeps, tally: Tally): Account {
  const { clock, log } = deps;
  const path = join(deps.stateDir, `opensky-${name.replaceAll(/[^a-z0-9._-]/g, "_")}.json`);
  let state: BudgetState = freshBudget(tier, clock.now());

  async function save(): Promise<void> {
    tally.credits(state.creditsLeft);
    try {
      await saveBudget(path, state);
    } catch (error) {
      log.warn({ err: error, path }, "opensky: the budget cannot be kept");
    }
  }

  return {
    save,
    async open() {
      state = await loadBudget(path, tier, clock.now());
      tally.credits(state.creditsLeft);
    },
    async turn(cost, signal) {
      for (;;) {
        const nowMs = clock.now();
        state = refreshed(state, nowMs);
        const at = nextCallAt(state, cost, nowMs);
        tally.nextPoll(at);
        if (at <= nowMs) break;
        // A failing source keeps saying so while it waits.
        if (tally.status().state !== "failing") tally.state("waiting");
        await clock.sleep(Math.min(at - nowMs, WAIT_STEP_MS_MAX), signal);
      }
      state = debited(state, cost, clock.now());
      await save();
    },
    answered(answer) {
      state = corrected(state, answer, clock.now());
    },
  };
}
