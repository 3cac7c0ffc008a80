// A member of a group, the same over every adapter: it renews in the background, keeps the list of
// its leases, and hears from the others when something became free.
//
// Members give surplus up by themselves, at the renewal after somebody joined, and never between
// the start and the end of a commit. A member that could not renew for the length of a lease drops
// its list: by then others may hold what is on it.

import assert from "node:assert/strict";
import type { Clock } from "../service/clock.ts";
import { FencedError } from "./log.ts";
import type { Checkpoint, Consumer, Lease } from "./log.ts";

export interface Membership {
  readonly group: string;
  readonly member: string;
  /** `member` and a random part: tells two lives of one name apart; the newer replaces the older. */
  readonly session: string;
}

/** The member that a session belongs to. */
export const memberOf = (session: string): string => session.slice(0, session.lastIndexOf("/"));

export interface Renewal {
  /** What the member holds now; nothing once a newer life of its name has joined. */
  readonly leases: readonly Lease[];
  readonly isReplaced: boolean;
  /** Others should look again: something became free. */
  readonly hasGiven: boolean;
  /** How long until the first of the other members expires, unless it renews. */
  readonly nextExpiryMs: number | undefined;
}

export interface LeasedChange {
  readonly lease: Lease;
  readonly change: Partial<Checkpoint>;
}

/** A member's place, as an adapter keeps it. */
export interface Seat {
  renew(): Promise<Renewal>;
  checkpoint(partition: number): Promise<Checkpoint>;
  /** All or none; answers with the first partition whose lease is another's by now. */
  commit(changes: readonly LeasedChange[]): Promise<number | undefined>;
  leave(): Promise<void>;
  /** Tells the group's other members to renew now. */
  hint(): void;
  /** Calls back when another member says so. */
  onHint(listener: () => void): Disposable;
}

export interface ConsumerConfig {
  readonly leaseMs: number;
  readonly heartbeatMs: number;
}

export const stateBytesMax = 1024 * 1024;
/** After another's expiry, so that the look finds it expired. */
const EXPIRY_SLACK_MS = 5;

/** Renews once, then in the background until `leave`. */
export async function createConsumer(
  config: ConsumerConfig,
  deps: { seat: Seat; clock: Clock },
): Promise<Consumer> {
  const member = new Member(config, deps);
  await member.start();
  return member;
}

interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

class Member implements Consumer {
  readonly #config: ConsumerConfig;
  readonly #seat: Seat;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #listeners: ((leases: readonly Lease[]) => void)[] = [];
  readonly #commits = new Set<Promise<unknown>>();
  #leases: readonly Lease[] = [];
  /** When the last renewal that succeeded was asked for, by both clocks. */
  #renewedAt: Moment;
  #wake: (() => void) | undefined;
  #isHinted = false;
  #hints: Disposable | undefined;
  #loop: Promise<void> | undefined;

  constructor(config: ConsumerConfig, deps: { seat: Seat; clock: Clock }) {
    this.#config = config;
    this.#seat = deps.seat;
    this.#clock = deps.clock;
    this.#renewedAt = this.#now();
  }

  async start(): Promise<void> {
    this.#hints = this.#seat.onHint(() => this.#nudge());
    const first = await this.#renew();
    this.#seat.hint();
    this.#loop = this.#run(first);
  }

  leases(): readonly Lease[] {
    return this.#leases;
  }

  areLeasesFresh(): boolean {
    return this.#sinceRenewalMs() < this.#config.leaseMs;
  }

  onChange(listener: (leases: readonly Lease[]) => void): void {
    this.#listeners.push(listener);
  }

  checkpoint(lease: Lease): Promise<Checkpoint> {
    return this.#seat.checkpoint(lease.partition);
  }

  commit(lease: Lease, change: Partial<Checkpoint>): Promise<void> {
    return this.commitAll([{ lease, change }]);
  }

  async commitAll(changes: readonly LeasedChange[]): Promise<void> {
    for (const { change } of changes) {
      const sizeBytes = change.state?.length ?? 0;
      assert(
        sizeBytes <= stateBytesMax,
        `commit: a state of ${sizeBytes} bytes (${stateBytesMax})`,
      );
    }
    if (changes.length === 0) return;
    const commit = this.#seat.commit(changes);
    this.#commits.add(commit);
    const lost = await commit.finally(() => this.#commits.delete(commit));
    if (lost === undefined) return;
    this.#drop(changes.find(({ lease }) => lease.partition === lost)?.lease);
    this.#nudge();
    throw new FencedError(lost);
  }

  async leave(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#nudge();
    this.#hints?.[Symbol.dispose]();
    await this.#loop;
    await Promise.allSettled(this.#commits);
    this.#set([]);
    await this.#seat.leave();
    this.#seat.hint();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  #now(): Moment {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.now() };
  }

  /** The longer of both: a machine that sleeps stops the one clock, a correction moves the other. */
  #sinceRenewalMs(): number {
    const now = this.#now();
    const { monotonicMs, wallMs } = this.#renewedAt;
    return Math.max(now.monotonicMs - monotonicMs, now.wallMs - wallMs);
  }

  /** Gives how long to wait for the next. */
  async #renew(): Promise<number> {
    this.#isHinted = false;
    await Promise.allSettled(this.#commits);
    // A lease counts from before the answer: the process may be stopped while it is on its way.
    const askedAt = this.#now();
    const renewal = await this.#seat.renew();
    this.#renewedAt = askedAt;
    this.#set(renewal.leases);
    if (renewal.hasGiven) this.#seat.hint();
    if (renewal.isReplaced) return Number.POSITIVE_INFINITY;
    const { heartbeatMs } = this.#config;
    return Math.min(heartbeatMs, (renewal.nextExpiryMs ?? heartbeatMs) + EXPIRY_SLACK_MS);
  }

  async #run(firstDelayMs: number): Promise<void> {
    const { heartbeatMs, leaseMs } = this.#config;
    let delayMs = firstDelayMs;
    for (;;) {
      if (!this.#isHinted) await this.#sleep(delayMs);
      if (this.#stop.signal.aborted) return;
      try {
        delayMs = await this.#renew();
      } catch {
        // The store is away or busy: its user hears of it at the next commit or read.
        if (this.#sinceRenewalMs() > leaseMs) this.#set([]);
        delayMs = Math.min(heartbeatMs, leaseMs / 4);
      }
    }
  }

  /** Sleeps until the time has passed or somebody nudges. */
  async #sleep(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waking = new AbortController();
    this.#wake = () => {
      waking.abort();
      resolve();
    };
    const slept = this.#clock.sleep(Math.max(1, delayMs), waking.signal).catch(() => {});
    await Promise.race([slept, promise]);
    this.#wake = undefined;
  }

  /** A lease that was lost; not a newer one of the same partition. */
  #drop(lost: Lease | undefined): void {
    const isKept = (held: Lease) => held.partition !== lost?.partition || held.token !== lost.token;
    this.#set(this.#leases.filter(isKept));
  }

  #nudge(): void {
    this.#isHinted = true;
    this.#wake?.();
  }

  #set(leases: readonly Lease[]): void {
    const before = this.#leases;
    const isSame =
      before.length === leases.length &&
      before.every((held, index) => {
        const now = leases[index];
        return now?.partition === held.partition && now.token === held.token;
      });
    if (isSame) return;
    this.#leases = leases;
    for (const listener of this.#listeners) listener(leases);
  }
}
