// A receiver as its form has it: a kind, and texts for what that kind asks. What is secret is empty when
// it is to stay as it is.

import type { ReceiverKind, ReceiverView, Telling } from "@drover/core/model/receiver";
import { tellings } from "@drover/core/model/receiver";
import type { Severity } from "@drover/core/model/severity";
import type { ReceiverBody } from "../../api/receivers.ts";

export interface ChannelField {
  readonly name: string;
  readonly label: string;
  readonly sort: "text" | "secret" | "number" | "list" | "choice";
  readonly isOptional?: boolean;
  readonly placeholder?: string;
  readonly usual?: string;
  readonly choices?: readonly string[];
}

/** What each kind asks for, in the order in which people have it at hand. */
export const channelFields: Readonly<Record<ReceiverKind, readonly ChannelField[]>> = {
  webhook: [
    { name: "url", label: "Address", sort: "text", placeholder: "https://example.org/hook" },
    {
      name: "secret",
      label: "Secret that signs it",
      sort: "secret",
      isOptional: true,
      placeholder: "made for you",
    },
  ],
  email: [
    { name: "to", label: "To", sort: "list", placeholder: "crew@example.org, boss@example.org" },
    { name: "from", label: "From", sort: "text", placeholder: "drover@example.org" },
    { name: "host", label: "Mail server", sort: "text", placeholder: "smtp.example.org" },
    { name: "port", label: "Port", sort: "number", usual: "587" },
    {
      name: "tls",
      label: "Encryption",
      sort: "choice",
      usual: "starttls",
      choices: ["starttls", "implicit", "none"],
    },
    { name: "user", label: "User", sort: "text", isOptional: true },
    { name: "password", label: "Password", sort: "secret", isOptional: true },
  ],
  telegram: [
    { name: "token", label: "Bot's token", sort: "secret", placeholder: "123456:ABC…" },
    { name: "chat", label: "Chat", sort: "text", placeholder: "-1001234567890 or @channel" },
    { name: "thread", label: "Topic", sort: "number", isOptional: true },
  ],
  slack: [
    {
      name: "url",
      label: "Incoming webhook",
      sort: "secret",
      placeholder: "https://hooks.slack.com/services/…",
    },
  ],
  pagerduty: [
    { name: "routingKey", label: "Integration key", sort: "secret" },
    {
      name: "apiUrl",
      label: "Address",
      sort: "text",
      usual: "https://events.pagerduty.com",
    },
  ],
};

export interface ReceiverForm {
  readonly name: string;
  readonly isEnabled: boolean;
  readonly kind: ReceiverKind;
  readonly texts: Readonly<Record<string, string>>;
  readonly severityMin: Severity;
  readonly tell: readonly Telling[];
  readonly groupWaitMs: number | undefined;
  readonly groupIntervalMs: number | undefined;
  readonly repeatMs: number | undefined;
  readonly budgetPerHour: number | undefined;
}

/** The form of a receiver, or of a new one. */
export function receiverFormOf(receiver: ReceiverView | undefined): ReceiverForm {
  const kind = receiver?.channel.kind ?? "webhook";
  return {
    name: receiver?.name ?? "",
    isEnabled: receiver?.isEnabled ?? true,
    kind,
    texts: receiver === undefined ? usualTexts(kind) : textsOf(receiver.channel),
    severityMin: receiver?.severityMin ?? "warning",
    tell: receiver?.tell ?? [...tellings],
    groupWaitMs: receiver?.groupWaitMs,
    groupIntervalMs: receiver?.groupIntervalMs,
    repeatMs: receiver?.repeatMs,
    budgetPerHour: receiver?.budgetPerHour,
  };
}

export function usualTexts(kind: ReceiverKind): Readonly<Record<string, string>> {
  return Object.fromEntries(channelFields[kind].map(({ name, usual = "" }) => [name, usual]));
}

function textsOf(channel: ReceiverView["channel"]): Readonly<Record<string, string>> {
  const known: Readonly<Record<string, unknown>> = channel;
  return Object.fromEntries(
    channelFields[channel.kind].map(({ name, sort }) => {
      return [name, sort === "secret" ? "" : textOf(known[name])];
    }),
  );
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** What must be filled in still; secrets of a receiver that is there may stay empty. */
export function missingFields(form: ReceiverForm, isNew: boolean): readonly string[] {
  const missing = channelFields[form.kind]
    .filter(({ isOptional = false, sort }) => !isOptional && (isNew || sort !== "secret"))
    .filter(({ name }) => (form.texts[name] ?? "").trim() === "")
    .map(({ name }) => name);
  return form.name.trim() === "" ? ["name", ...missing] : missing;
}

/**
 * What is sent. `existing` is the receiver that is changed: what the form does not ask (whom it is for)
 * stays as it is there.
 */
export function receiverBody(form: ReceiverForm, existing: ReceiverView | undefined): ReceiverBody {
  const { name, isEnabled, kind, texts, severityMin, tell } = form;
  const { groupWaitMs, groupIntervalMs, repeatMs, budgetPerHour } = form;
  const channel = Object.fromEntries(
    channelFields[kind].flatMap((field) => {
      const text = (texts[field.name] ?? "").trim();
      return text === "" ? [] : [[field.name, valueOf(field, text)]];
    }),
  );
  return {
    name: name.trim(),
    isEnabled,
    severityMin,
    tell,
    ...(groupWaitMs !== undefined && { groupWaitMs }),
    ...(groupIntervalMs !== undefined && { groupIntervalMs }),
    ...(repeatMs !== undefined && { repeatMs }),
    ...(budgetPerHour !== undefined && { budgetPerHour }),
    ...(existing && { match: existing.match, giveUpMs: existing.giveUpMs }),
    channel: { kind, ...channel },
  };
}

function valueOf({ sort }: ChannelField, text: string): unknown {
  if (sort === "number") return Number(text);
  if (sort === "list") return text.split(/[\s,;]+/).filter(Boolean);
  return text;
}
