/**
 * A report as it stands in a line's bytes; valid until the next `scan`. Numbers are NaN and places
 * empty where the line says nothing.
 */
export interface ScannedReport {
  readonly bytes: Uint8Array;
  readonly assetStart: number;
  readonly assetEnd: number;
  /** Place of the asset's colon. */
  readonly kindEnd: number;
  /** FNV-1a of the asset: modulo the partitions, `partitionOf`. */
  readonly partitionHash: number;
  /** `hashOfAsset` of it. */
  readonly assetHash: number;
  readonly at: number;
  /** 0: none. */
  readonly seq: number;
  readonly lat: number;
  readonly lon: number;
  readonly altitudeM: number;
  readonly accuracyM: number;
  /** Undefined: not said. */
  readonly onGround: boolean | undefined;
  readonly speedMps: number;
  readonly headingDeg: number;
  readonly climbMps: number;
  readonly isHistorical: boolean;
  readonly sourceStart: number;
  readonly sourceEnd: number;
  readonly measurements: number;
  /** Start and end of each name. */
  readonly measurementNames: Int32Array;
  readonly measurementValues: Float64Array;
  readonly attributes: number;
  /** Start and end of each name, start and end of each text. */
  readonly attributePlaces: Int32Array;
  /** The kind of the asset; makes a string. */
  kind(): string;
}
