// The small steps of the line scanner. Reading beyond the end gives 0, which is nothing of JSON.

import { classOf } from "./character.ts";

const quote = 34;
const backslash = 92;

/** First place from `start` on that is not blank within a line (RFC 8259 §2). */
export function skipBlank(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] === 32 || bytes[at] === 9 || bytes[at] === 13) at++;
  return at;
}

/** End of the letters that begin at `start`. */
export function lettersEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  // Bit 32 makes a letter lower case.
  while (((bytes[at] ?? 0) | 32) >= 97 && ((bytes[at] ?? 0) | 32) <= 122) at++;
  return at;
}

/** End of the characters of a class that begin at `start`. */
export function runEnd(bytes: Uint8Array, start: number, bits: number): number {
  let at = start;
  while (((classOf[bytes[at] ?? 0] ?? 0) & bits) !== 0) at++;
  return at;
}

/** The closing quote of a text without escapes, or -1. */
export function textEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; ; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) return at;
    if (byte < 32 || byte === backslash) return -1;
  }
}

export function hasClass(bytes: Uint8Array, at: number, bits: number): boolean {
  return ((classOf[bytes[at] ?? 0] ?? 0) & bits) !== 0;
}

export function spells(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index++) {
    if (bytes[at + index] !== word[index]) return false;
  }
  return true;
}

/** Whether the `length` bytes at `one` are those at `other`. */
export function isSame(bytes: Uint8Array, one: number, other: number, length: number): boolean {
  for (let index = 0; index < length; index++) {
    if (bytes[one + index] !== bytes[other + index]) return false;
  }
  return true;
}
