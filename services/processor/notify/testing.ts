// Messages and receivers for tests of the notifier.

import type { Alert } from "@drover/core/model/alert";
import { type Channel, type Receiver, ReceiverInput } from "@drover/core/model/receiver";
import type { Message, MessageItem } from "@drover/core/records/notifications";

export const t0 = 1_800_000_000_000;

export function alertFor(number: number, over: Partial<Alert> = {}): Alert {
  return {
    id: number.toString(16).padStart(32, "0"),
    cause: `rule:fast:vessel:${number}`,
    title: `Too fast: vessel:${number} <&> "Möwe"`,
    severity: "warning",
    state: "raised",
    asset: `vessel:${number}`,
    rule: "fast",
    raisedAt: t0,
    lastEventAt: t0,
    lastEvent: "e".repeat(32),
    count: 1,
    isFlapping: false,
    explanation: { text: "12.1 m/s > 10 m/s", values: { speedMps: 12.1 } },
    ...over,
  };
}

export function messageOf(items: readonly MessageItem[], over: Partial<Message> = {}): Message {
  return {
    id: "ab".repeat(16),
    receiver: "ops",
    kind: "alerts",
    createdAt: t0,
    waitingSince: t0,
    attempts: 0,
    nextAt: t0,
    items,
    ...over,
  };
}

export const item = (
  what: MessageItem["what"],
  number = 1,
  over: Partial<Alert> = {},
): MessageItem => ({ what, at: t0, alert: alertFor(number, over) });

export function receiverFor(channel: Channel, over: object = {}): Receiver {
  const input = ReceiverInput.parse({ name: "Ops", channel, ...over });
  return { ...input, id: "ops", version: 1, createdAt: t0, updatedAt: t0 };
}
