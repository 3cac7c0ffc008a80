// A bell between processes: one byte is written over a small file, whoever watches the file hears
// it. Costs nothing while nobody rings. Where files cannot be watched `isDeaf` says so, and the
// listener has to look by itself.

import { closeSync, openSync, watch, writeSync } from "node:fs";
import type { FSWatcher } from "node:fs";

export interface Bell extends Disposable {
  ring(): void;
  /** Calls back at each ring, of this process too; several close together may come as one. */
  listen(listener: () => void): Disposable;
  /** Nothing can be heard here. */
  isDeaf(): boolean;
}

export function createBell(path: string): Bell {
  const file = openSync(path, "a+");
  closeSync(file);
  const writer = openSync(path, "r+");
  const clapper = Uint8Array.of(1);
  const listeners = new Set<() => void>();
  let watcher: FSWatcher | undefined;
  let isDeaf = false;

  const strike = () => {
    try {
      writeSync(writer, clapper, 0, 1, 0);
    } catch {
      // A full disk takes not even the first byte; listeners also look from time to time.
    }
  };
  const startWatching = () => {
    try {
      watcher = watch(path, { persistent: false }, () => {
        for (const listener of listeners) listener();
      });
      watcher.on("error", () => {
        isDeaf = true;
      });
    } catch {
      isDeaf = true;
    }
  };
  strike();

  return {
    ring: strike,
    isDeaf: () => isDeaf,
    listen(listener) {
      if (watcher === undefined && !isDeaf) startWatching();
      listeners.add(listener);
      return {
        [Symbol.dispose]: () => {
          listeners.delete(listener);
        },
      };
    },
    [Symbol.dispose]() {
      watcher?.close();
      listeners.clear();
      closeSync(writer);
    },
  };
}
