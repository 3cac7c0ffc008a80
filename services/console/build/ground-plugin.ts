// Gives `virtual:ground`: the addresses of the ground's files, and the names that are written on it.

import type { Plugin } from "vite";
import { grounds, groundJson, placeNames } from "./ground.ts";

const ID = "virtual:ground";

export function groundPlugin(): Plugin {
  let isBuild = false;
  return {
    name: "ground",
    configResolved: ({ command }) => {
      isBuild = command === "build";
    },
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    async load(id) {
      if (id !== `\0${ID}`) return undefined;
      const urls: string[] = [];
      for (const name of grounds) {
        const file = `ground-${name}.json`;
        if (!isBuild) urls.push(JSON.stringify(`/${file}`));
        else {
          const source = await groundJson(name);
          const reference = this.emitFile({ type: "asset", name: file, source });
          urls.push(`import.meta.ROLLUP_FILE_URL_${reference}`);
        }
      }
      return [
        `export const groundUrls = [${urls.join(", ")}];`,
        `export const placeNames = ${JSON.stringify(await placeNames())};`,
      ].join("\n");
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = grounds.find((one) => request.url === `/ground-${one}.json`);
        if (name === undefined) return next();
        groundJson(name).then((text) => response.end(text), next);
      });
    },
  };
}
