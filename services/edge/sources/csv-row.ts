/**
 * The fields of one CSV line (RFC 4180 §2, but a quoted field ends with its line). `""` inside
 * quotes is one quote.
 */
export function parseCsvRow(line: string, separator = ","): string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length;) {
    if (line[at] !== '"') {
      const cut = line.indexOf(separator, at);
      const end = cut < 0 ? line.length : cut;
      fields.push(line.slice(at, end));
      at = end + 1;
      continue;
    }
    let field = "";
    let from = at + 1;
    let end = line.indexOf('"', from);
    while (end >= 0 && line[end + 1] === '"') {
      field += line.slice(from, end + 1);
      from = end + 2;
      end = line.indexOf('"', from);
    }
    if (end < 0) end = line.length;
    fields.push(field + line.slice(from, end));
    const cut = line.indexOf(separator, end);
    at = cut < 0 ? line.length + 1 : cut + 1;
  }
  return fields;
}
