import type { DecodedBody } from "./coding.ts";
import { ClickHouseError } from "./errors.ts";

/** A request's body: its beginning in memory, the rest as it comes. */
export interface RequestBody extends AsyncDisposable {
  /** What was read so far: a statement, or the beginning of an INSERT's data. */
  readonly head: Buffer;
  /** The rest, to be read once; undefined when the head is everything. */
  rest(): AsyncIterable<Buffer> | undefined;
  /** For statements without data: throws when the head is not everything. */
  refuseRest(): Promise<void>;
}

export type BodyLimits = {
  /** The statement is elsewhere, so that any beginning will do. */
  readonly isHeadEnough: boolean;
  readonly headBytesMax: number;
};

export async function readBody(body: DecodedBody, limits: BodyLimits): Promise<RequestBody> {
  const iterator: AsyncIterator<Buffer> = body.source.iterator({ destroyOnReturn: false });
  const chunks: Buffer[] = [];
  let headBytes = 0;
  let isWhole = false;
  const wantedBytes = limits.isHeadEnough ? 1 : limits.headBytesMax;
  while (headBytes < wantedBytes) {
    const next = await nextChunk(iterator);
    if (next === undefined) {
      isWhole = true;
      break;
    }
    chunks.push(next);
    headBytes += next.length;
  }
  const [only] = chunks;
  const head = chunks.length === 1 && only ? only : Buffer.concat(chunks);
  return {
    head,
    rest: () => (isWhole ? undefined : remaining(iterator)),
    async refuseRest() {
      if (isWhole || (await nextChunk(iterator)) === undefined) return;
      const limit = `a statement may have ${limits.headBytesMax} bytes`;
      throw new ClickHouseError("TOO_LARGE_REQUEST", `Request is too large: ${limit}`);
    },
    async [Symbol.asyncDispose]() {
      await iterator.return?.();
      body.release();
    },
  };
}

async function nextChunk(iterator: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  try {
    const { done, value } = await iterator.next();
    return done === true ? undefined : value;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new ClickHouseError("CANNOT_DECOMPRESS", `Cannot read the body: ${text}`, {
      cause: error,
    });
  }
}

async function* remaining(iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  for (let next = await nextChunk(iterator); next; next = await nextChunk(iterator)) yield next;
}
