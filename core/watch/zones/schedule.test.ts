import assert from "node:assert/strict";
import { test } from "node:test";
import { createSchedule } from "./schedule.ts";
import { briefly, fixAt, tell, zoneOf } from "./testing.ts";
import { createZoneSet } from "./zone-set.ts";

const everyDay = [1, 2, 3, 4, 5, 6, 7];

/** Minutes of a UTC day in which it is open. */
function openMinutes(schedule: ReturnType<typeof createSchedule>, day: string): string {
  const start = Date.parse(`${day}T00:00Z`);
  const spans: string[] = [];
  let wasOpen = false;
  for (let minute = 0; minute <= 1_440; minute++) {
    const isOpen = minute < 1_440 && schedule.isOpen(start + minute * 60_000);
    if (isOpen !== wasOpen)
      spans.push(new Date(start + minute * 60_000).toISOString().slice(11, 16));
    wasOpen = isOpen;
  }
  return spans.join(" ");
}

test("a window is read by its time zone's clock, on its weekdays", () => {
  const darwin = createSchedule({
    timeZone: "Australia/Darwin",
    windows: [{ days: [1], from: "08:00", to: "17:30" }],
  });
  assert.equal(openMinutes(darwin, "2026-06-01"), "00:00 08:00");
  assert.equal(openMinutes(darwin, "2026-05-31"), "22:30 00:00");
  assert.equal(openMinutes(darwin, "2026-06-02"), "");
});

test("a window that ends before it begins goes on into the next day", () => {
  const night = createSchedule({
    timeZone: "UTC",
    windows: [{ days: [5], from: "22:00", to: "06:00" }],
  });
  assert.equal(openMinutes(night, "2026-06-05"), "22:00 00:00");
  assert.equal(openMinutes(night, "2026-06-06"), "00:00 06:00");
  assert.equal(openMinutes(night, "2026-06-07"), "");
});

test("when the clocks go forward the hour that is skipped never comes", () => {
  const berlin = createSchedule({
    timeZone: "Europe/Berlin",
    windows: [{ days: everyDay, from: "01:30", to: "03:30" }],
  });
  assert.equal(openMinutes(berlin, "2026-03-28"), "00:30 02:30");
  // 02:00 becomes 03:00 at 01:00 UTC: one hour of two is left.
  assert.equal(openMinutes(berlin, "2026-03-29"), "00:30 01:30 23:30 00:00");
  assert.equal(openMinutes(berlin, "2026-03-30"), "00:00 01:30 23:30 00:00");
});

test("when the clocks go back the hour that is repeated counts twice", () => {
  const berlin = createSchedule({
    timeZone: "Europe/Berlin",
    windows: [{ days: everyDay, from: "02:00", to: "03:00" }],
  });
  assert.equal(openMinutes(berlin, "2026-10-25"), "00:00 02:00");
});

test("time zones that are unknown are refused", () => {
  assert.throws(
    () =>
      createSchedule({
        timeZone: "Mars/Olympus",
        windows: [{ days: [1], from: "00:00", to: "01:00" }],
      }),
    RangeError,
  );
});

test("who is in a zone when its hours end left at that minute, and comes in again with the next", () => {
  const schedule = {
    timeZone: "UTC",
    windows: [
      { days: everyDay, from: "00:00", to: "00:10" },
      { days: everyDay, from: "00:20", to: "00:30" },
    ],
  };
  const set = createZoneSet([zoneOf({ schedule })]);
  const fixes = Array.from({ length: 30 }, (_, at) => fixAt(at * 57, [0, 0]));
  const told = tell(fixes, set);
  assert.deepEqual(briefly(told.events), ["entered@0", "left@600", "entered@1254"]);
  assert.match(told.events[1]?.explanation.text ?? "", /hours ended/);
});
