// E-mail by SMTP. `starttls` (587) refuses to go on unencrypted; certificates are always checked.

import { createTransport } from "nodemailer";
import type { Channel } from "@drover/core/model/receiver";
import { resolveAllowed } from "./addresses.ts";
import type { ChannelSender, Outcome, SenderDeps } from "./channel.ts";
import { failureOf } from "./post.ts";
import { type MessageText, textOf } from "./text.ts";

export type Email = Extract<Channel, { kind: "email" }>;

const STEP_TIMEOUT_MS = 10_000;

export function createEmailSender(deps: SenderDeps): ChannelSender<Email> {
  return {
    async send({ channel, message }, signal) {
      const text = textOf(message, deps.consoleUrl);
      try {
        // Connected to by address, so that the one that was checked is the one that is used.
        const host = await resolveAllowed(channel.host, deps.allowsPrivate);
        return await deliver(channel, host, mailOf(channel, text, message.id), signal);
      } catch (error) {
        return outcomeOfError(error);
      }
    },
  };
}

interface Mail {
  readonly from: string;
  readonly to: string[];
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  readonly headers: Record<string, string>;
}

async function deliver(
  channel: Email,
  host: string,
  mail: Mail,
  signal: AbortSignal,
): Promise<Outcome> {
  const { tls, port, user, password, caPem } = channel;
  const transport = createTransport({
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    tls: { servername: channel.host, ...(caPem !== undefined && { ca: caPem }) },
    ...(user !== undefined && { auth: { user, pass: password ?? "" } }),
    connectionTimeout: STEP_TIMEOUT_MS,
    greetingTimeout: STEP_TIMEOUT_MS,
    socketTimeout: STEP_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const stop = () => transport.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const sent = await untilAborted(transport.sendMail(mail), signal);
    const refused = sent.rejected.map(String);
    const note = refused.length === 0 ? "" : `; refused for ${refused.join(", ")}`;
    return { kind: "sent", detail: `${sent.response}${note}` };
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** The library knows no signals; what it still does after this is ended by closing it. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new DOMException("no answer in time", "TimeoutError"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function mailOf(channel: Email, { subject, lines, more }: MessageText, id: string): Mail {
  const parts = lines.map(({ head, body, link }) =>
    [head, body, ...(link === undefined ? [] : [link])].join("\n"),
  );
  const end = more > 0 ? [`and ${more} more`] : [];
  const domain = channel.from.slice(channel.from.lastIndexOf("@") + 1);
  return {
    from: channel.from,
    to: channel.to,
    subject: subject.slice(0, 200),
    text: `${[...parts, ...end].join("\n\n")}\n\n-- \nDrover, message ${id}\n`,
    // The same at every try: mail programs show a repetition once.
    messageId: `<${id}@${domain}>`,
    headers: { "auto-submitted": "auto-generated", "x-drover-message": id },
  };
}

/** RFC 5321 §4.2.1: 4yz may be tried again, 5yz may not; a wrong password can be mended here. */
function outcomeOfError(error: unknown): Outcome {
  if (!(error instanceof Error)) return failureOf(error);
  const code = "responseCode" in error ? Number(error.responseCode) : Number.NaN;
  if (!Number.isFinite(code)) {
    const isTls = "code" in error && error.code === "ETLS";
    return isTls ? { kind: "retry", detail: `TLS: ${error.message}` } : failureOf(error);
  }
  const detail = "response" in error ? String(error.response) : error.message;
  const isFinal = code >= 550 && code < 560;
  return { kind: isFinal ? "refused" : "retry", detail: detail.slice(0, 300) };
}
