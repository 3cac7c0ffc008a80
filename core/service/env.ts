import { z } from "zod";

/** One environment variable that a process reads. */
export type EnvVar = {
  /** The variable's name, as in `DROVER_PORT`. */
  readonly name: string;
  /** Gets the variable's text. Wrap in `.optional()` when absence is an answer. */
  readonly schema: z.ZodType;
  /** The text that stands in when the variable is absent or empty. */
  readonly default?: string;
  /** One line for the documentation. */
  readonly meaning: string;
  /** Never printed, neither in errors nor in documentation. */
  readonly isSecret?: boolean;
};

/** Everything a process reads from its environment, by the name the code uses. */
export type EnvDeclaration = Readonly<Record<string, EnvVar>>;

export type EnvValues<D extends EnvDeclaration> = {
  readonly [K in keyof D]: z.output<D[K]["schema"]>;
};

/** Every mistake in the environment at once; `mistakes` has one line for each variable. */
export class EnvError extends Error {
  override name = "EnvError";
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`the environment has ${mistakes.length} mistake(s):\n  ${mistakes.join("\n  ")}`);
    this.mistakes = mistakes;
  }
}

export function declareEnv<const D extends EnvDeclaration>(declaration: D): D {
  return declaration;
}

/**
 * Reads the declared variables; unknown ones are ignored, an empty one counts as absent.
 *
 * @throws EnvError with every mistake, by variable name, with the limit it met.
 */
export function parseEnv<D extends EnvDeclaration>(
  declaration: D,
  env: Readonly<Record<string, string | undefined>>,
): EnvValues<D> {
  const values: Record<string, unknown> = {};
  const mistakes: string[] = [];
  for (const [key, variable] of Object.entries(declaration)) {
    const given = env[variable.name];
    const text = given === undefined || given === "" ? variable.default : given;
    if (text === undefined && !(variable.schema instanceof z.ZodOptional)) {
      mistakes.push(`${variable.name} is required: ${variable.meaning}`);
      continue;
    }
    const result = variable.schema.safeParse(text);
    if (result.success) values[key] = result.data;
    else mistakes.push(describeMistake(variable, text, result.error));
  }
  if (mistakes.length > 0) throw new EnvError(mistakes);
  // Built key by key from the declaration above, which the compiler cannot follow.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.freeze(values) as EnvValues<D>;
}

function describeMistake(variable: EnvVar, text: string | undefined, error: z.ZodError): string {
  const shown = variable.isSecret ? "(secret)" : JSON.stringify(text);
  const issues = error.issues.map((issue) => {
    const where = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
    return `${where}${issue.message}`;
  });
  return `${variable.name}=${shown}: ${issues.join("; ")}`;
}

export type EnvLine = {
  readonly name: string;
  readonly meaning: string;
  readonly default: string | undefined;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
};

/** The declaration as lines for documentation, in declared order. */
export function listEnv(declaration: EnvDeclaration): readonly EnvLine[] {
  return Object.values(declaration).map((variable) => ({
    name: variable.name,
    meaning: variable.meaning,
    default: variable.isSecret ? undefined : variable.default,
    isRequired: variable.default === undefined && !(variable.schema instanceof z.ZodOptional),
    isSecret: variable.isSecret === true,
  }));
}

/** Whole numbers within bounds. Refuses "", "1e3", "0x10" and fractions. */
export function envInt(bounds: { min: number; max: number }) {
  return z
    .string()
    .regex(/^-?\d{1,15}$/, "expected a whole number")
    .transform(Number)
    .pipe(z.number().int().min(bounds.min).max(bounds.max));
}

export function envBool() {
  return z.enum(["true", "false", "1", "0"]).transform((text) => text === "true" || text === "1");
}

/** `a,b,c`; blanks around items go, empty items are dropped. */
export function envList(bounds: { itemsMax: number }) {
  return z
    .string()
    .transform((text) =>
      text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== ""),
    )
    .pipe(z.array(z.string()).max(bounds.itemsMax));
}

/** JSON text that must fit `schema`. */
export function envJson<S extends z.ZodType>(schema: S) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "expected JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
