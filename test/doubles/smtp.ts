// A mail server that speaks SMTP with STARTTLS and asks for a password; its certificate is made for it.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SMTPServer } from "smtp-server";

export interface SmtpDouble extends AsyncDisposable {
  readonly port: number;
  /** Of the authority that signed its certificate: itself. */
  readonly caPem: string;
  readonly mails: readonly { readonly to: readonly string[]; readonly text: string }[];
  /** The next mail meets this code and text. */
  fail(code: number, text: string): void;
}

const execute = promisify(execFile);

export async function hasOpenssl(): Promise<boolean> {
  return execute("openssl", ["version"]).then(
    () => true,
    () => false,
  );
}

export async function listenSmtp(user: string, password: string): Promise<SmtpDouble> {
  const { key, cert } = await makeCertificate();
  const mails: { to: string[]; text: string }[] = [];
  const faults: { code: number; text: string }[] = [];
  const server = new SMTPServer({
    key,
    cert,
    authMethods: ["PLAIN", "LOGIN"],
    logger: false,
    onAuth(auth, session, callback) {
      // Without TLS no password is taken.
      if (!session.secure || auth.username !== user || auth.password !== password) {
        return callback(refusal(535, "5.7.8 Authentication credentials invalid"));
      }
      callback(null, { user });
    },
    onRcptTo({ address }, _session, callback) {
      if (address.startsWith("nobody@")) return callback(refusal(550, "5.1.1 No such user here"));
      callback();
    },
    onData(stream, session, callback) {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const fault = faults.shift();
        if (fault !== undefined) return callback(refusal(fault.code, fault.text));
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(parts).toString() });
        callback();
      });
    },
  });
  server.on("error", () => {});
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const address = listening.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return {
    port: address.port,
    caPem: cert,
    mails,
    fail: (code, text) => void faults.push({ code, text }),
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

async function makeCertificate(): Promise<{ key: string; cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), "drover-smtp-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const asked = "req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1";
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    await execute("openssl", [...asked.split(" "), ...names, "-keyout", key, "-out", cert]);
    return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
  } finally {
    await rm(folder, { recursive: true });
  }
}
