#!/usr/bin/env node
// Finds a Node that runs Drover and starts it there. This file alone must run on old versions, so
// it is JavaScript and uses nothing new. Exit code 3: could not run.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { OLDEST, findOwnNode, isRecent } from "./find-node.js";

const main = join(dirname(dirname(fileURLToPath(import.meta.url))), "cli", "main.ts");

if (isRecent(process.versions.node)) {
  process.removeAllListeners("warning");
  await import(pathToFileURL(main).href);
} else {
  const node = findOwnNode();
  if (node === undefined) explain();
  else startUnder(node);
}

function startUnder(node) {
  const args = ["--disable-warning=ExperimentalWarning", main, ...process.argv.slice(2)];
  // The channel tells the other process when this one dies, however it dies.
  const child = spawn(node, args, { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(name, () => child.kill(name === "SIGHUP" ? "SIGTERM" : name));
  }
  child.on("error", (error) => {
    console.error(`drover: could not start ${node}: ${error.message}`);
    process.exitCode = 3;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = signal === null ? code : 128 + (constants.signals[signal] ?? 0);
    if (child.connected) child.disconnect();
  });
}

function explain() {
  const own = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  console.error(
    [
      `drover: needs Node ${OLDEST.join(".")} or newer; this is ${process.version}, and the npm`,
      `package ${own} is not installed here.`,
      "Run `npm ci` in the project's folder (it brings a Node of its own on Linux, macOS and",
      "Windows, x64), or install a newer Node and try again.",
    ].join("\n"),
  );
  process.exitCode = 3;
}
