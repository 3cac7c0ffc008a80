/** An error in ClickHouse's own terms: number, name and the HTTP status that a server would give. */
export class ClickHouseError extends Error {
  override name = "ClickHouseError";
  readonly code: number;
  readonly codeName: string;
  readonly status: number;

  constructor(codeName: ErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.codeName = codeName;
    this.code = errorCodes[codeName];
    this.status = statusOf(this.code);
  }

  /** The body that a ClickHouse server would send. */
  get body(): string {
    return `Code: ${this.code}. DB::Exception: ${this.message} (${this.codeName})\n`;
  }
}

/** What the engine itself said; its text is passed on as it is. */
export class EngineError extends Error {
  override name = "EngineError";
  readonly code: number;
  readonly status: number;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = codeOf(message);
    this.status = statusOf(this.code);
  }

  get body(): string {
    return `${this.message}\n`;
  }
}

/** Numbers and names as in ClickHouse's src/Common/ErrorCodes.cpp. */
const errorCodes = {
  UNSUPPORTED_METHOD: 1,
  CANNOT_PARSE_TEXT: 6,
  BAD_ARGUMENTS: 36,
  NOT_IMPLEMENTED: 48,
  LOGICAL_ERROR: 49,
  SYNTAX_ERROR: 62,
  UNKNOWN_FORMAT: 73,
  UNKNOWN_DATABASE: 81,
  UNKNOWN_SETTING: 115,
  TIMEOUT_EXCEEDED: 159,
  READONLY: 164,
  TOO_LARGE_REQUEST: 307,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  QUERY_WAS_CANCELLED: 394,
  TOO_MANY_ROWS_OR_BYTES: 396,
  INVALID_SETTING_VALUE: 36,
  SETTING_CONSTRAINT_VIOLATION: 452,
  UNKNOWN_QUERY_PARAMETER: 456,
  BAD_QUERY_PARAMETER: 457,
  ACCESS_DENIED: 497,
  AUTHENTICATION_FAILED: 516,
  CANNOT_DECOMPRESS: 271,
} as const;

export type ErrorName = keyof typeof errorCodes;

function codeOf(message: string): number {
  const found = /^Code: (\d+)\./.exec(message);
  return found ? Number(found[1]) : 1002;
}

/** As `exceptionCodeToHTTPStatus` of ClickHouse's HTTP handler decides. */
function statusOf(code: number): number {
  if (badRequests.has(code)) return 400;
  if (notFounds.has(code)) return 404;
  return otherStatuses[code] ?? 500;
}

const badRequests = new Set([
  6, 20, 25, 26, 27, 28, 33, 36, 38, 41, 42, 43, 53, 62, 69, 72, 117, 131, 190, 321, 456, 457,
]);
const notFounds = new Set([46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336]);
const otherStatuses: Readonly<Record<number, number>> = {
  1: 405,
  48: 501,
  159: 408,
  164: 403,
  192: 403,
  193: 403,
  202: 503,
  307: 413,
  452: 403,
  497: 403,
  516: 403,
};
