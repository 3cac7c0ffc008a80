import assert from "node:assert/strict";
import { test } from "node:test";
import { ReceiverInput, receiverKinds, type ReceiverView } from "@drover/core/model/receiver";
import {
  channelFields,
  missingFields,
  receiverBody,
  receiverFormOf,
  usualTexts,
  type ReceiverForm,
} from "./receiver-form.ts";

const filled: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  webhook: { url: "https://example.org/hook", secret: "0123456789abcdef" },
  email: {
    to: "a@example.org, b@example.org",
    from: "drover@example.org",
    host: "smtp.example.org",
    port: "465",
    tls: "implicit",
    user: "drover",
    password: "secret",
  },
  telegram: { token: "123456:ABCdefGHIjklMNOpqrsTUVwxyz", chat: "@crew", thread: "7" },
  slack: { url: "https://hooks.slack.com/services/T/B/x" },
  pagerduty: {
    routingKey: "0123456789abcdef0123456789abcdef",
    apiUrl: "https://events.eu.pagerduty.com",
  },
};
const formOf = (kind: ReceiverForm["kind"], texts = filled[kind] ?? {}): ReceiverForm => ({
  ...receiverFormOf(undefined),
  name: "Crew",
  kind,
  texts,
});

test("a form that is filled in is a receiver, of every kind", () => {
  for (const kind of receiverKinds) {
    const parsed = ReceiverInput.safeParse(receiverBody(formOf(kind), undefined));
    assert.ok(parsed.success, `${kind}: ${parsed.error?.message ?? ""}`);
    assert.deepEqual(missingFields(formOf(kind), true), []);
  }
});

test("what is missing is named; a secret that is there may be left out", () => {
  const empty = { ...formOf("telegram", usualTexts("telegram")), name: " " };
  assert.deepEqual(missingFields(empty, true), ["name", "token", "chat"]);
  assert.deepEqual(missingFields({ ...empty, texts: { chat: "@crew" } }, false), ["name"]);
});

test("a receiver that is there fills its form without its secrets, and keeps whom it is for", () => {
  const receiver: ReceiverView = {
    ...ReceiverInput.parse(receiverBody(formOf("email"), undefined)),
    id: "crew",
    match: { zones: ["home"] },
    channel: {
      kind: "email",
      host: "smtp.example.org",
      port: 465,
      tls: "implicit",
      user: "drover",
      from: "drover@example.org",
      to: ["a@example.org", "b@example.org"],
      hasPassword: true,
    },
    version: 3,
    createdAt: 1,
    updatedAt: 1,
    status: { waiting: 0, gaveUp: 0, sentLastHour: 0 },
  };
  const form = receiverFormOf(receiver);
  assert.deepEqual(form.texts, { ...filled["email"], password: "" });
  const body = receiverBody(form, receiver);
  assert.deepEqual(body["match"], { zones: ["home"] });
  assert.doesNotMatch(JSON.stringify(body), /password/);
});

test("what is secret is never shown as a text", () => {
  const secrets = Object.values(channelFields)
    .flat()
    .filter(({ sort }) => sort === "secret");
  assert.deepEqual(
    secrets.map(({ name }) => name),
    ["secret", "password", "token", "url", "routingKey"],
  );
});
