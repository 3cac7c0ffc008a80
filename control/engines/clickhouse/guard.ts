import { ClickHouseError } from "./errors.ts";
import type { Statement } from "./statement.ts";
import { isSymbol, isWord, nameOf } from "./tokens.ts";
import type { Token } from "./tokens.ts";

/**
 * What a caller may do. `full` is the services' user: it defines, writes and reads. `reader` only
 * reads. Neither leaves the data folder: no files, no network, no programs, no users.
 */
export type Role = "full" | "reader";

/** Table functions that stay inside the engine; every other one that it knows is refused. */
const harmlessTableFunctions = new Set(
  "numbers numbers_mt zeros zeros_mt generateseries generate_series generaterandom values null view format input timeseriestags".split(
    " ",
  ),
);

/** Functions that read files, talk to others or hold up the process, whatever the engine lists. */
const refusedFunctions = new Set(
  "file url python executable executablepool disk dictionary loop merge mergetreeindex catboostevaluate hascolumnintable sleep sleepeachrow dictget showcertificate addresstoline addresstosymbol demangle remote remotesecure cluster clusterallreplicas".split(
    " ",
  ),
);
const refusedPattern =
  /^(?:file(?:cluster)?|(?:url|s3|gcs|oss|cosn|hdfs|azure|iceberg|delta|hudi|paimon|remote|mysql|postgresql|mongodb|redis|sqlite|odbc|jdbc|ytsaurus|arrowflight|hive|prometheus|executable|ai)(?:$|cluster|azure|s3|hdfs|local|blob|lake|secure|pool|storage|query|classify|generate|embed|extract|translate))/;

const engines =
  /^(?:(?:Replacing|Summing|Aggregating|Collapsing|VersionedCollapsing|Coalescing)?MergeTree|Memory|Null|Log|TinyLog|StripeLog|Set|Join|Atomic)$/;

const systemCommands = [
  "FLUSH LOGS",
  "STOP MERGES",
  "START MERGES",
  "STOP TTL MERGES",
  "START TTL MERGES",
  "RELOAD CONFIG",
  "DROP MARK CACHE",
  "DROP QUERY CACHE",
  "SYNC FILE CACHE",
].filter((command) => !command.startsWith("RELOAD") && !command.startsWith("SYNC"));

const createable = ["DATABASE", "TABLE", "VIEW", "MATERIALIZED", "OR", "TEMPORARY"];

export type GuardConfig = {
  /** All table functions of this engine, lower case. */
  readonly tableFunctions: ReadonlySet<string>;
  /** Where BACKUP may write; without it BACKUP is refused. */
  readonly backupsFolder: string | undefined;
};

/**
 * Refuses what could leave the sandbox or what the role does not allow.
 *
 * @throws ClickHouseError ACCESS_DENIED or READONLY.
 */
export function guard(statement: Statement, role: Role, config: GuardConfig): void {
  const { tokens, kind, verb } = statement;
  if (role === "reader" && kind !== "read") {
    throw new ClickHouseError("READONLY", `Cannot execute ${verb} in readonly mode`);
  }
  tokens.forEach((token, at) => checkToken(tokens, token, at, config));
  if (verb === "CREATE") checkCreate(tokens);
  if (verb === "SYSTEM") checkSystem(tokens);
  if (verb === "BACKUP" || verb === "RESTORE") checkBackup(tokens, config);
  if (verb === "ALTER" && tokens.some((token) => isWord(token, "FETCH", "FREEZE", "UNFREEZE"))) {
    throw denied("ALTER … FETCH and FREEZE");
  }
  if (verb === "KILL" && !isWord(tokens[1], "QUERY", "MUTATION")) throw denied("this KILL");
}

function denied(what: string): ClickHouseError {
  return new ClickHouseError("ACCESS_DENIED", `${what}: not served by the embedded engine`);
}

function checkToken(tokens: readonly Token[], token: Token, at: number, config: GuardConfig): void {
  const next = tokens[at + 1];
  if (isSymbol(token, ";")) {
    throw new ClickHouseError("SYNTAX_ERROR", "Multi-statements are not allowed.");
  }
  if (token.kind === "word" || token.kind === "quoted") {
    checkName(token, next, config, isBackupFile(tokens, at));
  }
  if (isWord(token, "INTO") && isWord(next, "OUTFILE")) throw denied("INTO OUTFILE");
  if (isWord(token, "FROM") && isWord(next, "INFILE")) throw denied("FROM INFILE");
  if (
    isWord(token, "FROM", "JOIN", "TABLE", "INTO", "DESCRIBE", "DESC") &&
    next?.kind === "string"
  ) {
    throw denied("a string where a table belongs");
  }
  if (isWord(token, "INTO", "TABLE") && isWord(next, "FUNCTION")) throw denied("TABLE FUNCTION");
  const isOwnClause = isWord(tokens[0], "CREATE", "BACKUP", "RESTORE", "ALTER");
  if (isWord(token, "SETTINGS") && !isOwnClause && isSymbol(tokens[at + 2], "=")) {
    throw denied("SETTINGS before the end of the statement");
  }
  if (isWord(token, "ENGINE")) {
    const name = isSymbol(next, "=") ? tokens[at + 2] : undefined;
    if (name && !engines.test(nameOf(name))) throw denied(`ENGINE ${nameOf(name)}`);
  }
}

/** Quoted names are names of functions and databases too. */
function checkName(
  token: Token,
  next: Token | undefined,
  config: GuardConfig,
  isBackupFile: boolean,
): void {
  const name = nameOf(token);
  if (token.kind === "quoted" && /[/\\]/.test(name)) throw denied("a path as a name");
  if (name === "default" && isSymbol(next, ".")) {
    // The engine's own "default" database takes every unknown table name for a file's.
    throw new ClickHouseError("UNKNOWN_DATABASE", "Database default does not exist: name another");
  }
  if (!isSymbol(next, "(") || isBackupFile) return;
  const lower = name.toLowerCase();
  const isTableFunction = config.tableFunctions.has(lower) && !harmlessTableFunctions.has(lower);
  if (isTableFunction || refusedFunctions.has(lower) || refusedPattern.test(lower)) {
    throw denied(`function ${name}`);
  }
}

function checkCreate(tokens: readonly Token[]): void {
  if (!isWord(tokens[1], ...createable)) throw denied(`CREATE ${tokens[1]?.text ?? ""}`);
  if (tokens.some((token, at) => isWord(token, "DISK") && isSymbol(tokens[at + 1], "="))) {
    throw denied("disk");
  }
}

function checkSystem(tokens: readonly Token[]): void {
  const words = tokens.slice(1).map((token) => token.text.toUpperCase());
  const text = words.join(" ");
  const isAllowed = systemCommands.some(
    (command) => text === command || text.startsWith(`${command} `),
  );
  if (!isAllowed) throw denied(`SYSTEM ${words.slice(0, 3).join(" ")}`);
}

/** `BACKUP … TO File('name')`, where the engine itself keeps the name inside its allowed folder. */
function isBackupFile(tokens: readonly Token[], at: number): boolean {
  if (!isWord(tokens[0], "BACKUP", "RESTORE") || !isWord(tokens[at - 1], "TO", "FROM"))
    return false;
  return isWord(tokens[at], "FILE") && tokens[at]?.depth === 0;
}

function checkBackup(tokens: readonly Token[], config: GuardConfig): void {
  if (config.backupsFolder === undefined) throw denied("BACKUP without a folder for backups");
  const at = tokens.findLastIndex((token) => token.depth === 0 && isWord(token, "TO", "FROM"));
  if (!isBackupFile(tokens, at + 1)) throw denied("BACKUP to anything but File");
}
