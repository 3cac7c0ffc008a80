// Chance without state: a number that depends on nothing but its keys, so that any moment of the
// fleet can be asked for in any order, by any process, with the same answer.

/**
 * A number in [0, 1) from up to four whole keys; not for secrets.
 *
 * The mixer is murmur3's 32-bit finaliser (A. Appleby, MurmurHash3), applied after each key.
 */
export function chance(seed: number, key: number, index = 0, salt = 0): number {
  let state = mix(seed ^ 0x9e3779b9);
  state = mix(state ^ Math.imul(key, 0x85ebca6b) ^ high(key));
  state = mix(state ^ Math.imul(index, 0xc2b2ae35) ^ high(index));
  state = mix(state ^ Math.imul(salt + 1, 0x27d4eb2f));
  return (state >>> 0) / 2 ** 32;
}

/** What lies above the low 32 bits of a key; times in milliseconds need it. */
function high(key: number): number {
  return Math.floor(key / 2 ** 32) | 0;
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}

/** A whole number in [0, count). */
export function pick(count: number, seed: number, key: number, salt: number): number {
  return Math.floor(chance(seed, key, 0, salt) * count);
}

export interface NoiseKeys {
  readonly seed: number;
  readonly key: number;
  readonly salt: number;
}

/**
 * Value noise: a smooth wander in [-1, 1] with one random knot each `periodMs`
 * (K. Perlin's smoothstep 3x² − 2x³ between them).
 */
export function wander(keys: NoiseKeys, atMs: number, periodMs: number): number {
  const knot = Math.floor(atMs / periodMs);
  const fraction = atMs / periodMs - knot;
  const from = chance(keys.seed, keys.key, knot, keys.salt);
  const to = chance(keys.seed, keys.key, knot + 1, keys.salt);
  const ease = fraction * fraction * (3 - 2 * fraction);
  return 2 * (from + (to - from) * ease) - 1;
}
