// The plain page: counts and the latest of every asset, from /v1/stats and the live feed.

const ROWS_MAX = 500;
const STALE_MS = 60_000;
const TOKEN_KEY = "drover-token";

const element = (id) => document.getElementById(id);
const assets = new Map();
let token = takeToken();

/** The link of `drover up` carries the token in the fragment, which no server sees. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return given ?? sessionStorage.getItem(TOKEN_KEY) ?? "";
}

const request = (path, signal) =>
  fetch(path, { headers: { authorization: `Bearer ${token}` }, signal });

function say(text, kind) {
  element("link").textContent = text;
  element("link").className = kind;
}

function askForToken() {
  say("a token is needed", "bad");
  element("login").hidden = false;
  element("token").focus();
}

element("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = element("token").value.trim();
  sessionStorage.setItem(TOKEN_KEY, token);
  element("login").hidden = true;
  void follow();
  void showStats();
});

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
  event.preventDefault();
  element("search").focus();
});
element("search").addEventListener("input", draw);

/** Reads the live feed until it breaks, then again after a growing, jittered wait. */
async function follow() {
  let waitMs = 500;
  for (;;) {
    try {
      const response = await request("/v1/live");
      if (response.status === 401 || response.status === 403) return askForToken();
      if (!response.ok) throw new Error(`the live feed answers ${response.status}`);
      say("live", "good");
      waitMs = 500;
      await readEvents(response.body, (data) => {
        for (const item of data.items) assets.set(item.asset, item);
        draw();
      });
      say("the live feed ended; trying again", "bad");
    } catch (error) {
      say(`${error.message}; trying again`, "bad");
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random())));
    waitMs = Math.min(30_000, waitMs * 2);
  }
}

async function readEvents(body, take) {
  let text = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end));
      text = text.slice(end + 2);
      if (data) take(JSON.parse(data[1]));
    }
  }
}

async function showStats() {
  const response = await request("/v1/stats").catch(() => undefined);
  if (response?.ok) {
    const stats = await response.json();
    showCounts([
      ["accepted", stats.accepted],
      ["duplicates", stats.duplicates],
      ["quarantined", stats.quarantined],
      ["stored", stats.stored],
      ["lag", stats.lag],
    ]);
  }
  if (response?.status !== 401) setTimeout(showStats, 2_000);
}

function showCounts(pairs) {
  const children = pairs.map(([name, value]) => {
    const box = document.createElement("div");
    const label = document.createElement("dt");
    const number = document.createElement("dd");
    label.textContent = name;
    number.textContent = value === null || value === undefined ? "–" : value.toLocaleString();
    box.append(label, number);
    return box;
  });
  element("counts").replaceChildren(...children);
}

function draw() {
  const text = element("search").value.trim().toLowerCase();
  const all = [...assets.values()].filter((one) => text === "" || nameText(one).includes(text));
  all.sort((left, right) => (left.asset < right.asset ? -1 : 1));
  const shown = all.slice(0, ROWS_MAX);
  element("assets").replaceChildren(...shown.map(rowOf));
  element("caption").textContent =
    shown.length < all.length ? `${shown.length} of ${all.length} assets` : `${all.length} assets`;
  element("empty").hidden = assets.size > 0;
}

const nameOf = (one) => one.attributes?.callsign ?? one.attributes?.name ?? "";
const nameText = (one) =>
  `${one.asset} ${Object.values(one.attributes ?? {}).join(" ")}`.toLowerCase();
const fixed = (value, digits) => (value === undefined ? "" : value.toFixed(digits));

function rowOf(one) {
  const ageMs = Date.now() - one.at;
  const row = document.createElement("tr");
  if (ageMs > STALE_MS) row.className = "stale";
  const values = Object.entries(one.measurements ?? {}).map(([name, value]) => `${name} ${value}`);
  cell(row, one.asset);
  cell(row, nameOf(one));
  cell(row, fixed(one.position?.lat, 4), "number");
  cell(row, fixed(one.position?.lon, 4), "number");
  cell(row, fixed(one.position?.altitudeM, 0), "number");
  cell(row, fixed(one.motion?.speedMps, 1), "number");
  cell(row, values.slice(0, 4).join(", "), "wide");
  cell(row, ageText(ageMs), "number");
  return row;
}

function cell(row, text, className = "") {
  const made = row.insertCell();
  made.textContent = text;
  made.className = className;
}

function ageText(ageMs) {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

draw();
if (token === "") askForToken();
else {
  void follow();
  void showStats();
}
