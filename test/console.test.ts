// The console as a person uses it: a real browser on a whole Drover with its demo.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { z } from "zod";
import { boot, freePort, waitFor } from "./boot.ts";
import type { Drover } from "./boot.ts";
import { findChromium, keepPicture, startChromium } from "./browser.ts";

const chromiumPath = findChromium(process.env);
const isPictured = process.env["DROVER_SCREENSHOTS"] !== undefined;
const skip = chromiumPath === undefined ? "Chromium is not installed" : false;

const Flights = z.object({
  items: z.array(
    z.looseObject({
      asset: z.string(),
      position: z.looseObject({ lat: z.number(), lon: z.number(), altitudeM: z.number() }),
      motion: z.looseObject({ speedMps: z.number(), headingDeg: z.number() }),
    }),
  ),
});
type Flight = z.infer<typeof Flights>["items"][number];

const Alerts = z.object({
  items: z.array(z.looseObject({ id: z.string(), state: z.string(), zone: z.string().optional() })),
});

/** Metres ahead of a flight at which its zone is drawn; it gets there within half a minute. */
const aheadM = 12_000;
const pixelsOfRadius = 110;
const zoneZoom = 10.5;

test("the console in a browser", { skip, timeout: 280_000 }, async (t) => {
  assert.ok(chromiumPath !== undefined);
  await using drover = await boot();
  await using hook = await startHook();
  await using browser = await startChromium(chromiumPath);
  await using visit = await browser.visit(drover.url);
  const { page } = visit;

  await t.test("asks for a token, and shows flights that move", async () => {
    await page.getByTestId("sign-in").waitFor();
    await page.getByLabel("Token").fill("drover_not-a-token");
    await page.getByRole("button", { name: "Open the console" }).click();
    await page.getByText("does not know this token").waitFor();
    await page.getByLabel("Token").fill(drover.token("admin"));
    await page.getByRole("button", { name: "Open the console" }).click();
    await page.locator("[data-testid=link][data-link=live]").waitFor({ timeout: 20_000 });
    await waitFor(async () => (await countOf(page)) > 400, 40_000);
    await keepPicture(page, "map", isPictured);
    // The list for those who do not see the map has a hundred of them, anew every ten seconds.
    await page.goto(`${drover.url}/?kind=aircraft`);
    await waitFor(async () => (await flightsOnMap(page)).length > 10, 30_000);
    const first = await flightsOnMap(page);
    await waitFor(async () => {
      const now = await flightsOnMap(page);
      return now.filter((row) => !first.includes(row)).length > first.length / 2;
    }, 40_000);
  });

  await t.test("filters by text, and the address carries it", async () => {
    await page.goto(drover.url);
    await waitFor(async () => (await shownOnMap(page)) > 100, 30_000);
    const all = await shownOnMap(page);
    await page.locator("#search").fill("qfa");
    await waitFor(async () => new URL(page.url()).searchParams.get("q") === "qfa", 5_000);
    await waitFor(async () => (await shownOnMap(page)) < all / 2, 30_000);
    assert.ok((await shownOnMap(page)) > 0);
    await page.locator("#search").fill("");
    await waitFor(async () => (await shownOnMap(page)) > all / 2, 30_000);
  });

  await t.test(
    "draws a zone ahead of a flight, and its alert arrives here and at a webhook",
    async () => {
      await addWebhook(drover, hook.url);
      const flight = await cruising(drover);
      const [lon, lat] = ahead(flight, aheadM);
      await page.goto(
        `${drover.url}/?at=${lat.toFixed(4)},${lon.toFixed(4)},${zoneZoom}&panel=zones`,
      );
      await page.getByRole("button", { name: "New zone" }).click();
      await page.getByText("Circle", { exact: true }).click();
      await drawCircle(page);
      await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ahead of a flight");
      const kinds = page.getByRole("group", { name: "Alert when an asset" });
      await kinds.getByText("enters", { exact: true }).click();
      await keepPicture(page, "zone", isPictured);
      await page.getByRole("button", { name: "Save zone" }).click();
      await page.getByText("Ahead of a flight is saved").waitFor();
      await page.locator(".toast", { hasText: "Ahead of a flight" }).nth(0).waitFor();
      await waitFor(async () => (await raisedAlerts(drover)).length > 0, 90_000);
      await page.getByTestId("alert-badge").waitFor({ timeout: 10_000 });
      await waitFor(
        async () => hook.bodies.some((body) => body.includes("Ahead of a flight")),
        30_000,
      );
    },
  );

  await t.test("acknowledges the alert, with why it came", async () => {
    await page.getByTestId("open-alerts").click();
    const alert = page.getByTestId("alert").first();
    await alert.locator(".alert-open").click();
    await keepPicture(page, "alert", isPictured);
    await alert.getByRole("button", { name: "Acknowledge" }).click();
    await waitFor(async () => {
      const { items } = await drover.json("/v1/alerts?state=acknowledged", Alerts);
      return items.length > 0;
    }, 10_000);
  });

  await t.test("replays what happened", async () => {
    await page
      .getByTestId("alert")
      .first()
      .getByRole("button", { name: "Show where and when" })
      .click();
    await waitFor(async () => new URL(page.url()).searchParams.has("replay"), 10_000);
    await page.getByTestId("link").getByText("replay").waitFor();
    await waitFor(async () => (await countOf(page)) > 0, 20_000);
    await keepPicture(page, "replay", isPictured);
    await page.getByRole("button", { name: "Live", exact: true }).click();
    await page.locator("[data-testid=link][data-link=live]").waitFor({ timeout: 20_000 });
  });

  await t.test("plots a station's readings", async () => {
    const [station] = (
      await drover.json(
        "/v1/assets?kind=station&limit=1",
        z.object({ items: z.array(z.looseObject({ asset: z.string() })) }),
      )
    ).items;
    assert.ok(station);
    await page.goto(`${drover.url}/?panel=asset&sel=${station.asset}`);
    await page.locator(".plot-place canvas").first().waitFor({ timeout: 20_000 });
    await keepPicture(page, "station", isPictured);
  });

  await t.test("colours the ground by density, with a legend", async () => {
    await page.goto(`${drover.url}/?panel=heat`);
    await page.getByTestId("panel-heat").waitFor();
    await page.getByRole("button", { name: "Show the last day" }).click();
    await waitFor(async () => new URL(page.url()).searchParams.has("heat"), 10_000);
    await page.waitForTimeout(2_000);
    await keepPicture(page, "heat", isPictured);
  });

  await t.test("is there again after the server restarted", async () => {
    await page.goto(drover.url);
    await page.locator("[data-testid=link][data-link=live]").waitFor({ timeout: 20_000 });
    await drover.kill("api");
    await page.locator("[data-testid=link]:not([data-link=live])").waitFor({ timeout: 30_000 });
    await page.locator("[data-testid=link][data-link=live]").waitFor({ timeout: 60_000 });
    await waitFor(async () => (await countOf(page)) > 400, 30_000);
  });

  await t.test("is whole on a phone, and in the light", async () => {
    const size = {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      colorScheme: "light" as const,
    };
    await using phone = await browser.visit(`${drover.url}/#token=${drover.token("viewer")}`, size);
    await phone.page.locator("[data-testid=link][data-link=live]").waitFor({ timeout: 20_000 });
    await waitFor(async () => (await countOf(phone.page)) > 400, 30_000);
    const width = await phone.page.evaluate("document.documentElement.scrollWidth");
    assert.equal(width, 390, "nothing is wider than the phone");
    await keepPicture(phone.page, "phone", isPictured);
    await phone.page.getByTestId("open-zones").click();
    await phone.page.getByTestId("panel-zones").getByText("Ahead of a flight").waitFor();
    assert.equal(await phone.page.getByRole("button", { name: "New zone" }).count(), 0);
    assert.deepEqual(phone.strangers, []);
    assert.deepEqual(phone.errors, []);
  });

  assert.deepEqual(visit.strangers, [], "nothing is asked of anybody else");
});

const countOf = async (page: Page): Promise<number> =>
  Number(await page.getByTestId("count").getAttribute("data-count"));

/** Name and place of the flights that are listed for those who do not see the map. */
const flightsOnMap = (page: Page): Promise<string[]> =>
  page
    .locator("#map-table tbody tr")
    .evaluateAll((rows) =>
      rows
        .filter((row) => row.children[1]?.textContent === "aircraft")
        .map((row) => `${row.children[0]?.textContent} ${row.children[2]?.textContent}`),
    );

/** How many things the map shows, as it says to those who do not see it. */
async function shownOnMap(page: Page): Promise<number> {
  const text = await page.locator("#map-table [role=status]").textContent();
  return Number.parseInt(text ?? "", 10);
}

async function raisedAlerts(drover: Drover) {
  return (await drover.json("/v1/alerts?state=raised", Alerts)).items;
}

/** High and fast, so that it goes straight on. */
async function cruising(drover: Drover): Promise<Flight> {
  const answer = await drover.ask("/v1/assets?kind=aircraft&limit=300");
  const body = z.object({ items: z.array(z.unknown()) }).parse(await answer.json());
  const flights = body.items.flatMap((item) => {
    const parsed = Flights.shape.items.element.safeParse(item);
    return parsed.success ? [parsed.data] : [];
  });
  const found = flights.find(
    ({ position, motion }) => position.altitudeM > 8_000 && motion.speedMps > 180,
  );
  assert.ok(found, "no flight cruises");
  return found;
}

/** [lon, lat] on its heading; flat enough for so short a way. */
function ahead({ position, motion }: Flight, metres: number): [number, number] {
  const heading = (motion.headingDeg * Math.PI) / 180;
  const perDegreeM = 111_195;
  return [
    position.lon +
      (metres * Math.sin(heading)) / (perDegreeM * Math.cos((position.lat * Math.PI) / 180)),
    position.lat + (metres * Math.cos(heading)) / perDegreeM,
  ];
}

/** From the middle of the map, where the address has put the place. */
async function drawCircle(page: Page): Promise<void> {
  const box = await page.locator("[data-testid=map] canvas").first().boundingBox();
  assert.ok(box);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + pixelsOfRadius / 2, y, { steps: 4 });
  await page.mouse.move(x + pixelsOfRadius, y, { steps: 4 });
  await page.mouse.up();
}

async function addWebhook(drover: Drover, url: string): Promise<void> {
  const answer = await drover.ask("/v1/receivers", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      name: "hook",
      channel: { kind: "webhook", url },
      groupWaitMs: 0,
    }),
  });
  assert.equal(answer.status, 201, await answer.text());
}

/** Takes what it is sent. */
async function startHook() {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      bodies.push(body);
      response.end();
    });
  });
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    bodies,
    url: `http://127.0.0.1:${port}/alerts`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
