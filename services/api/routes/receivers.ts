import { z } from "zod";
import type { Alert } from "@drover/core/model/alert";
import {
  type Receiver,
  ReceiverInput,
  receiverLimits,
  ReceiverView,
} from "@drover/core/model/receiver";
import type { Notifications } from "@drover/core/records/notifications";
import { type ReceiverChange, type Receivers, viewOf } from "@drover/core/records/receivers";
import type { Clock } from "@drover/core/service/clock";
import { notFound } from "@drover/core/service/problem";
import {
  answerChanged,
  DefinitionParam,
  full,
  ifMatchHeader,
  ifVersionOf,
  setVersion,
} from "./changing.ts";
import { route, type Route } from "./route.ts";
import { json, pageOf } from "./shapes.ts";

export interface ReceiverRoutesDeps {
  readonly receivers: Receivers;
  readonly notifications: Notifications;
  readonly clock: Pick<Clock, "now" | "sleep">;
}

const path = "/v1/receivers";
/** A try takes up to 15 s, and the notifier looks four times a second. */
const TEST_MS_MAX = 20_000;
const TEST_LOOK_MS = 100;

const Made = ReceiverView.extend({
  secret: z.string().optional().meta({
    description: "what a webhook's requests are signed with, when Drover made it; told once",
  }),
});
const Tested = z.strictObject({
  outcome: z.enum(["sent", "failed", "not-tried"]),
  detail: z.string().meta({ description: "what the receiver answered, or why there is no answer" }),
});
/** Checked by the store, which knows the secrets that a change leaves out. */
const ReceiverChangeBody = z.looseObject({ channel: z.looseObject({ kind: z.string() }) });

/** Who is told of alerts. */
export function receiverRoutes(deps: ReceiverRoutesDeps): readonly Route[] {
  return [...readRoutes(deps), ...changeRoutes(deps), testRoute(deps)];
}

const shown = async (receiver: Receiver, notifications: Notifications) =>
  viewOf(receiver, await notifications.status(receiver.id));

function readRoutes({ receivers, notifications }: ReceiverRoutesDeps): readonly Route[] {
  return [
    route({
      method: "GET",
      path,
      summary: "Who is told of alerts, and how that went lately; without their secrets",
      access: "admin",
      answer: json(pageOf(ReceiverView)),
      handle: async () => {
        const all = await receivers.list();
        return { items: await Promise.all(all.map((one) => shown(one, notifications))) };
      },
    }),
    route({
      method: "GET",
      path: `${path}/:id`,
      summary: "One receiver",
      access: "admin",
      params: DefinitionParam,
      answer: json(ReceiverView),
      handle: async ({ params, reply }) => {
        const receiver = await receivers.get(params.id);
        if (receiver === undefined) throw unknown(params.id);
        setVersion(reply, receiver.version);
        return shown(receiver, notifications);
      },
    }),
  ];
}

function changeRoutes({ receivers, notifications }: ReceiverRoutesDeps): readonly Route[] {
  return [
    route({
      method: "POST",
      path,
      summary: "Make a receiver",
      access: "admin",
      body: ReceiverInput,
      status: 201,
      answer: json(Made),
      handle: async ({ body, reply }) => {
        const made = await receivers.create(body);
        if (made === undefined) throw full(receiverLimits.receivers);
        setVersion(reply, made.version);
        reply.code(201).header("location", `${path}/${made.id}`);
        return { ...(await shown(made, notifications)), ...madeSecret(made, body) };
      },
    }),
    route({
      method: "PUT",
      path: `${path}/:id`,
      summary: "Change a receiver; a secret that is left out stays as it is",
      access: "admin",
      headers: ifMatchHeader,
      params: DefinitionParam,
      body: ReceiverChangeBody,
      bodyShape: ReceiverInput,
      answer: json(Made),
      handle: async ({ params, body, reply }) => {
        const change = await receivers.update(params.id, body, ifVersionOf(reply));
        const receiver = answerChanged(changedOf(change), reply, `receiver ${params.id}`);
        return shown(receiver, notifications);
      },
    }),
    route({
      method: "DELETE",
      path: `${path}/:id`,
      summary: "Remove a receiver; what waits for it is dropped",
      access: "admin",
      params: DefinitionParam,
      answer: json(z.strictObject({ id: z.string() })),
      handle: async ({ params }) => {
        if (!(await receivers.remove(params.id))) throw unknown(params.id);
        return { id: params.id };
      },
    }),
  ];
}

function testRoute({ receivers, notifications, clock }: ReceiverRoutesDeps): Route {
  return route({
    method: "POST",
    path: `${path}/:id/test`,
    summary: "Send a test message, once, and answer with what happened",
    access: "admin",
    params: DefinitionParam,
    answer: json(Tested),
    handle: async ({ params, signal }): Promise<z.input<typeof Tested>> => {
      const receiver = await receivers.get(params.id);
      if (receiver === undefined) throw unknown(params.id);
      const beganAt = clock.now();
      const id = await notifications.requestTest(receiver.id, testAlert(beganAt));
      while (clock.now() - beganAt < TEST_MS_MAX) {
        await clock.sleep(TEST_LOOK_MS, signal);
        const now = await notifications.state(id);
        if (now === undefined || now.state === "open") continue;
        return { outcome: now.state === "sent" ? "sent" : "failed", detail: now.detail ?? "" };
      }
      const detail = `nobody took it up within ${TEST_MS_MAX / 1_000} s; is the service watch running?`;
      await notifications.finish(id, "dropped", detail);
      return { outcome: "not-tried", detail };
    },
  });
}

function testAlert(nowMs: number): Alert {
  return {
    id: "0".repeat(32),
    cause: "test",
    title: "This is a test of Drover's alerts",
    severity: "info",
    state: "raised",
    raisedAt: nowMs,
    lastEventAt: nowMs,
    lastEvent: "0".repeat(32),
    count: 1,
    isFlapping: false,
    explanation: { text: "somebody asked for it" },
  };
}

function madeSecret(made: Receiver, { channel }: ReceiverInput): { secret?: string } {
  if (made.channel.kind !== "webhook" || channel.kind !== "webhook") return {};
  if (channel.secret !== undefined || made.channel.secret === undefined) return {};
  return { secret: made.channel.secret };
}

function changedOf(change: ReceiverChange) {
  return change.kind === "changed" ? { kind: change.kind, value: change.receiver } : change;
}

const unknown = (id: string) => notFound(`there is no receiver ${id}`);
