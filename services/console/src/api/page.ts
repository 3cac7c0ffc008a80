// Lists come in pages.

import { z } from "zod";

/** A page of items, and the cursor of the next when there is one. */
export const pageOf = <S extends z.ZodType>(item: S) =>
  z.object({ items: z.array(item), next: z.string().optional() });

export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

/**
 * Reads pages to the end or to `itemsMax`, whichever comes first; the rest is not asked for.
 *
 * @throws what `read` throws
 */
export async function readPages<T>(
  read: (cursor: string | undefined) => Promise<Page<T>>,
  itemsMax: number,
): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<T> = await read(cursor);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < itemsMax);
  return items.slice(0, itemsMax);
}
