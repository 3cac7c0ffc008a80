import { ClickHouseError } from "./errors.ts";

/** Formats whose pieces, put one after another, are the whole: results of any size may stream. */
const streamable = new Set(
  `JSONEachRow JSONLines NDJSON JSONStringsEachRow JSONCompactEachRow JSONCompactStringsEachRow
  TabSeparated TSV TabSeparatedRaw TSVRaw CSV TSKV RowBinary Native LineAsString Null`.split(/\s+/),
);

/** Formats of data; none that names a schema file, because files are not a caller's to name. */
const insertable =
  /^(?:RowBinary(?:WithNames|WithNamesAndTypes|WithDefaults)?|Native|JSONEachRow|JSONLines|NDJSON|JSONStringsEachRow|JSONCompact(?:Strings)?EachRow(?:WithNames|WithNamesAndTypes)?|JSON|JSONCompact|JSONColumns|JSONColumnsWithMetadata|JSONCompactColumns|JSONObjectEachRow|(?:CSV|TSV|TabSeparated)(?:WithNames|WithNamesAndTypes)?|(?:TSV|TabSeparated)Raw|CustomSeparated|TSKV|Values|LineAsString|Arrow|ArrowStream|Parquet|MsgPack)$/;

export function isStreamable(format: string): boolean {
  return streamable.has(format);
}

export function checkInsertFormat(format: string): void {
  if (insertable.test(format)) return;
  throw new ClickHouseError("UNKNOWN_FORMAT", `Unknown format ${format}, or not one for data here`);
}

export function checkOutputFormat(format: string): void {
  if (/^\w{1,64}$/.test(format)) return;
  throw new ClickHouseError("UNKNOWN_FORMAT", `Unknown format ${JSON.stringify(format)}`);
}

/** As ClickHouse labels its answers. */
export function contentTypeOf(format: string): string {
  if (/^(?:JSON|NDJSON)/.test(format)) {
    return /EachRow|Lines|ND/.test(format)
      ? "application/x-ndjson; charset=UTF-8"
      : "application/json; charset=UTF-8";
  }
  if (/^(?:TSV|TabSeparated)/.test(format)) return "text/tab-separated-values; charset=UTF-8";
  if (format.startsWith("CSV")) return "text/csv; charset=UTF-8; header=absent";
  if (/^(?:RowBinary|Native|Arrow|Parquet|MsgPack)/.test(format)) return "application/octet-stream";
  return "text/plain; charset=UTF-8";
}
