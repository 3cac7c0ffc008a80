// Where an ASCII character may stand in an id, a name or a source; the tables behind the patterns
// of ids.ts and report.ts, for code that looks at each line of the hot path.

/** Bits of `classOf`. */
export const inKind = 1;
export const startsKind = 2;
export const inId = 4;
export const startsId = 8;
export const inName = 16;
export const startsName = 32;
export const inSource = 64;
export const startsSource = 128;

/** The bits of each character code below 256; those from 128 on have none. */
export const classOf: Uint8Array = buildClasses();

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const give = (characters: string, bits: number) => {
    for (let index = 0; index < characters.length; index++) {
      const unit = characters.charCodeAt(index);
      classes[unit] = (classes[unit] ?? 0) | bits;
    }
  };
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const anywhere = inKind | inId | inName | inSource;
  give(letters, anywhere | startsKind | startsId | startsName | startsSource);
  give(letters.toUpperCase(), inName | startsName);
  give("0123456789", anywhere | startsId | startsSource);
  give("-", inKind | inId | inSource);
  give("._", inId | inName | inSource);
  give("~", inId | startsId);
  give(":", inSource);
  return classes;
}
