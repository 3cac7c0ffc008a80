// A real Chromium, Debian's package or the one that DROVER_CHROMIUM names, without a screen.

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Draws the map without a graphics card. */
const switches = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

/** Where Chromium is; undefined where there is none. */
export function findChromium(
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return [env["DROVER_CHROMIUM"], ...places].find((path) => path !== undefined && existsSync(path));
}

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** Requests to another host than the page's own; there must be none. */
  readonly strangers: readonly string[];
  /** Errors that the page's console told, or that nobody caught. */
  readonly errors: readonly string[];
}

export interface Chromium extends AsyncDisposable {
  /** A page of its own, as of another person. */
  visit(url: string, options?: BrowserContextOptions): Promise<Visit>;
}

/** @throws when it does not start. */
export async function startChromium(executablePath: string): Promise<Chromium> {
  const browser: Browser = await chromium.launch({ executablePath, args: switches });
  return {
    async visit(url, options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1_280, height: 800 },
        colorScheme: "dark",
        ...options,
      });
      const page = await context.newPage();
      const strangers: string[] = [];
      const errors: string[] = [];
      const { host } = new URL(url);
      page.on("request", (request) => {
        const asked = new URL(request.url());
        if (!/^(?:data|blob):$/.test(asked.protocol) && asked.host !== host) {
          strangers.push(request.url());
        }
      });
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(error.message));
      await page.goto(url);
      return { page, strangers, errors, [Symbol.asyncDispose]: () => context.close() };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

const pictures = join(import.meta.dirname, "..", "docs", "screenshots");

/** Keeps a picture for the documents, where that is wished for (`DROVER_SCREENSHOTS=1`). */
export async function keepPicture(page: Page, name: string, isWished: boolean): Promise<void> {
  if (!isWished) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}
