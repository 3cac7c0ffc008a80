import assert from "node:assert/strict";
import { test } from "node:test";
import { measureText, metricTitle, metricWords, numberText } from "./metric.ts";

test("a metric's name gives its words and its unit", () => {
  const table = [
    ["temperatureC", "Temperature", "°C"],
    ["waterTemperatureC", "Water temperature", "°C"],
    ["windDirectionDeg", "Wind direction", "°"],
    ["rainMmph", "Rain", "mm/h"],
    ["solarWm2", "Solar", "W/m²"],
    ["flowLpm", "Flow", "l/min"],
    ["batteryV", "Battery", "V"],
    ["signalDbm", "Signal", "dBm"],
    ["tankPct", "Tank", "%"],
    ["motion.speedMps", "Speed", "m/s"],
    ["position.altitudeM", "Altitude", "m"],
    ["rssi", "Rssi", ""],
    ["C", "C", ""],
    ["density", "Reports", ""],
    ["position.altitudeM.above", "Altitude, limit above", "m"],
    ["batteryV.clearAt", "Battery, over again at", "V"],
  ] as const;
  for (const [name, label, unit] of table) {
    assert.deepEqual(metricWords(name), { label, unit }, name);
  }
  assert.equal(metricTitle("windMps"), "Wind, m/s");
  assert.equal(metricTitle("rssi"), "Rssi");
});

test("a number shows the digits that are worth it", () => {
  const table = [
    [12_345.678, "12346"],
    [123.456, "123.5"],
    [12.345, "12.35"],
    [0.01234, "0.012"],
    [-3.5, "−3.5"],
    [-0.0001, "0"],
    [0, "0"],
    [Number.NaN, "–"],
  ] as const;
  for (const [value, text] of table) assert.equal(numberText(value), text);
  assert.equal(measureText("temperatureC", 21.43), "21.43 °C");
  assert.equal(measureText("windDirectionDeg", 270), "270°");
  assert.equal(measureText("silentMs", 150_775), "2 min 30 s");
});
