import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createServer } from "node:tls";
import { Aedes } from "aedes";
import { systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { MqttOptions } from "./mqtt-options.ts";
import { createMqttSource } from "./mqtt.ts";
import { SourceError } from "./source.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const clock = { ...systemClock, random: () => 0 };

test(
  "speaks TLS to a broker whose certificate it was given, and to no other",
  { skip: !hasOpenssl && "openssl is not installed" },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "drover-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const made = spawnSync("openssl", [
      ..."req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 2".split(" "),
      ..."-subj /CN=broker -addext subjectAltName=IP:127.0.0.1".split(" "),
      "-keyout",
      key,
      "-out",
      cert,
    ]);
    assert.equal(made.status, 0, String(made.stderr));
    const aedes = await Aedes.createBroker();
    const server = createServer({ key: await readFile(key), cert: await readFile(cert) });
    server.on("secureConnection", (socket) => void aedes.handle(socket));
    server.on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const url = `mqtts://127.0.0.1:${address.port}`;

    const start = (options: object) =>
      createMqttSource(MqttOptions.parse({ url, ...options }), "mqtt", {
        clock,
        log: silentLog,
        stateDir: folder,
      });
    const until = async (source: ReturnType<typeof start>, state: string) => {
      while (source.status().state !== state) await clock.sleep(5);
    };
    const stopping = new AbortController();
    const emit = async () => {};
    const trusting = start({ ca: cert });
    const done = trusting.run(emit, stopping.signal);
    await until(trusting, "running");
    const wary = start({});
    const waryDone = wary.run(emit, stopping.signal);
    await until(wary, "failing");
    assert.match(wary.status().lastError?.message ?? "", /self.signed/i);
    await assert.rejects(
      start({ ca: join(folder, "none") }).run(emit, stopping.signal),
      SourceError,
    );
    stopping.abort(new Error("stop"));
    await Promise.all([done, waryDone]);
    server.close();
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
    await rm(folder, { recursive: true, force: true });
  },
);
