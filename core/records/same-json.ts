/** Whether two texts of JSON say the same; the order of fields is the writer's and means nothing. */
export function isSameJson(one: string, other: string): boolean {
  return one === other || sorted(one) === sorted(other);
}

function sorted(text: string): string {
  return JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
