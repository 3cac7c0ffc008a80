/** What a client sent is no MQTT, or larger than it may be. */
export class PacketSizeError extends Error {
  override name = "PacketSizeError";
}

/**
 * Follows the fixed headers of a byte stream (MQTT 3.1.1 §2.2) without keeping any of it, since the
 * parser would buffer a packet of any announced size before anyone is asked.
 *
 * Call it with each chunk; it throws once a header announces more than `bytesMax`.
 */
export function createPacketGuard(bytesMax: number): (chunk: Uint8Array) => void {
  let bodyLeft = 0;
  /** Bytes of the header read so far: 0 is the type, 1 to 4 the length. */
  let headerRead = 0;
  let length = 0;

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (bodyLeft > 0) {
        const skipped = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= skipped;
        at += skipped;
        continue;
      }
      const byte = chunk[at++] ?? 0;
      if (headerRead === 0) {
        headerRead = 1;
        length = 0;
        continue;
      }
      if (headerRead > 4) throw new PacketSizeError("the length of a packet has over four bytes");
      length += (byte & 0x7f) * 128 ** (headerRead - 1);
      headerRead += 1;
      if (byte & 0x80) continue;
      if (length > bytesMax) {
        throw new PacketSizeError(`a packet of ${length} bytes is above ${bytesMax}`);
      }
      bodyLeft = length;
      headerRead = 0;
    }
  };
}
