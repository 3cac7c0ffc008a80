import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ClickHouseError } from "./errors.ts";
import { nameOf, quoteName, quoteString, stringValue, tokenize, toByteString } from "./tokens.ts";

const texts = (sql: string) => [...tokenize(sql)].map((token) => token.text);

test("splits words, numbers, strings, names, symbols and skips comments", () => {
  const sql =
    "SELECT a.b, 1.5e-3, 'x''y\\'z' -- no ; here\n/* nor /* here ; */ ; */ FROM `t``q` # ;\n";
  assert.deepEqual(texts(sql), [
    ..."SELECT a . b , 1.5e-3 ,".split(" "),
    "'x''y\\'z'",
    "FROM",
    "`t``q`",
  ]);
  assert.deepEqual(texts("$$a;b$$ $t$ $$ ; $t$"), ["$$a;b$$", "$t$ $$ ; $t$"]);
});

test("refuses what two readers could understand differently", () => {
  const table = [
    "'open",
    "`open",
    "/* open",
    "x'\\'",
    "\u00a01",
    "“a”",
    "a \\ b",
    "$a 1",
    ")",
    "a\0b",
    "'a\0b'",
  ];
  for (const sql of table) {
    assert.throws(() => texts(toByteString(sql)), ClickHouseError, sql);
  }
});

test("a quoted value is one token and comes back whole, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const bytes = toByteString(value).replaceAll("\0", "");
      const [token, ...more] = [...tokenize(quoteString(bytes))];
      assert.ok(token);
      assert.equal(more.length, 0);
      assert.equal(stringValue(token), bytes);
    }),
    { seed: 7 },
  );
});

test("a quoted name is one token and comes back whole, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), (value) => {
      const name = value.replaceAll("\0", "");
      const [token, ...more] = [...tokenize(quoteName(name))];
      assert.ok(token);
      assert.equal(more.length, 0);
      assert.equal(nameOf(token), name);
    }),
    { seed: 7 },
  );
});
