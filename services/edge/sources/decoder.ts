// What turns the records of one recorded format into reports.

import type { Report } from "@drover/core/model/report";
import type { Station } from "./dpird.ts";
import type { SbsZone } from "./sbs-zone.ts";
import type { Tally } from "./tally.ts";

export interface Decoder {
  /** Reports that this record completes; what is no record is counted and gives none. */
  decode(record: string): readonly Report[];
  /** What was held back for a record that never came. */
  end(): readonly Report[];
}

export interface DecoderConfig {
  /** Name of the source. */
  readonly source: string;
  /** Marks every report as recorded long ago. */
  readonly historical: boolean;
  /** Times without a zone; formats that know their zone ignore it. */
  readonly zone: SbsZone;
  /** For formats that do not say who speaks. */
  readonly asset: string;
  /** For formats that do not say what kind of thing speaks. */
  readonly kind: string | undefined;
  /** Places of stations whose readings come without. */
  readonly stations: ReadonlyMap<string, Station>;
}

export type DecoderTally = Pick<Tally, "received" | "refused">;
