// Ids of events: the same facts give the same id in every process, so work that is done again after
// a crash adds nothing. SHA-256 (FIPS 180-4) cut to 128 bits, written here because the console may
// judge zones too and has no synchronous digest.

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes (§4.2.2). */
const constants = Uint32Array.from(fractions(64, 1 / 3));
/** The same of the square roots of the first eight (§5.3.3). */
const initial = Uint32Array.from(fractions(8, 1 / 2));

function fractions(count: number, power: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) {
    let isPrime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) isPrime = false;
    if (isPrime) found.push(Math.floor((n ** power % 1) * 2 ** 32));
  }
  return found;
}

const rotated = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits));

function padded(message: Uint8Array): DataView {
  const view = new DataView(new ArrayBuffer(Math.ceil((message.length + 9) / 64) * 64));
  new Uint8Array(view.buffer).set(message);
  view.setUint8(message.length, 0x80);
  view.setUint32(view.byteLength - 4, message.length * 8);
  return view;
}

/** One block into the hash (§6.2.2). */
function compress(hash: Uint32Array, words: Uint32Array): void {
  for (let t = 16; t < 64; t++) {
    const w15 = words[t - 15] ?? 0;
    const w2 = words[t - 2] ?? 0;
    const s0 = rotated(w15, 7) ^ rotated(w15, 18) ^ (w15 >>> 3);
    const s1 = rotated(w2, 17) ^ rotated(w2, 19) ^ (w2 >>> 10);
    words[t] = (words[t - 16] ?? 0) + s0 + (words[t - 7] ?? 0) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
  for (let t = 0; t < 64; t++) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + (constants[t] ?? 0) + (words[t] ?? 0);
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, at) => (hash[at] = (hash[at] ?? 0) + word));
}

/** SHA-256 of bytes as eight 32-bit words. Messages up to 512 MiB. */
export function sha256(message: Uint8Array): Uint32Array {
  const hash = Uint32Array.from(initial);
  const view = padded(message);
  const words = new Uint32Array(64);
  for (let block = 0; block < view.byteLength; block += 64) {
    for (let t = 0; t < 16; t++) words[t] = view.getUint32(block + t * 4);
    compress(hash, words);
  }
  return hash;
}

/**
 * The id of an event: 32 hexadecimal digits made of what it says, so that work that is done again
 * gives the same one.
 */
export function eventId(...parts: readonly (string | number)[]): string {
  const hash = sha256(new TextEncoder().encode(JSON.stringify(parts)));
  let id = "";
  for (const word of hash.subarray(0, 4)) id += word.toString(16).padStart(8, "0");
  return id;
}
