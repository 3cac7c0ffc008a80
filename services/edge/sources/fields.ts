// What a decoder finds under a name of parsed JSON: the value where it is of the kind that is asked
// for, else undefined.

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The number in another unit. */
export function convertedOf(
  value: unknown,
  convert: (number: number) => number,
): number | undefined {
  const number = numberOf(value);
  return number === undefined ? undefined : convert(number);
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
