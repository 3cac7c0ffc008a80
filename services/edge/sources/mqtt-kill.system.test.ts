import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import { packetTopic } from "@drover/core/model/packet";
import { createRandom } from "@drover/core/service/clock";
import { brokerKinds } from "./fixtures/brokers.ts";

const reader = join(import.meta.dirname, "fixtures/mqtt-reader.ts");
const COUNT = 240;
const KILLS = 3;

for (const kind of brokerKinds) {
  test(
    `kill -9 of the reader loses nothing that ${kind.name} was given, and repeats next to nothing`,
    { skip: kind.skip },
    async (t) => {
      const folder = await mkdtemp(join(tmpdir(), "drover-kill-"));
      const file = join(folder, "outbox");
      await using broker = await kind.start();
      const random = createRandom(20_261_121);
      const start = () =>
        spawn(process.execPath, [reader, broker.url, join(folder, "state"), file], {
          stdio: "ignore",
        });
      let child = start();
      const lines = async () => {
        const text = await readFile(file, "utf8").catch(() => "");
        return text
          .split("\n")
          .filter((line) => line !== "")
          .map(Number);
      };
      const client = await mqtt.connectAsync(broker.url, { protocolVersion: 4 });
      const topic = packetTopic("farm", "gate-1", "up/data");
      const say = (seq: number) =>
        client.publishAsync(
          topic,
          JSON.stringify({
            v: 1,
            id: "gate-1",
            ep: 1,
            seq,
            t: 1_790_000_000_000 + seq,
            m: { a: seq },
          }),
          { qos: 1 },
        );
      // Until the session exists, what is published is nobody's.
      let seq = 0;
      while ((await lines()).length === 0) {
        await say(++seq);
        await sleep(20);
      }
      const first = seq;
      for (let killed = 0; killed < KILLS; killed++) {
        const until = first + ((killed + 1) * COUNT) / KILLS;
        while (seq < until) {
          await say(++seq);
          if (seq % 20 === 0) await sleep(random() * 10);
        }
        const gone = once(child, "exit");
        child.kill("SIGKILL");
        await gone;
        child = start();
      }
      const wanted = Array.from(
        { length: seq - first },
        (_, n) => 1_790_000_000_000 + first + 1 + n,
      );
      let taken = await lines();
      while (!wanted.every((at) => taken.includes(at))) {
        await sleep(20);
        taken = await lines();
      }
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await Promise.all([gone, client.endAsync(true)]);
      // Only a kill between the outbox's fsync and the note of it can repeat a batch.
      const repeated = taken.length - new Set(taken).size;
      t.diagnostic(`${seq - first} sent, ${repeated} came twice over ${KILLS} kills`);
      assert.ok(repeated <= KILLS * 40, `${repeated} came twice`);
      await rm(folder, { recursive: true, force: true });
    },
  );
}
