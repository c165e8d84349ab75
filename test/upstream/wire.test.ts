import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { formatDecimal, parseDecimal } from "../../src/domain/decimal.ts";
import { parseExact, Wire, WireError } from "../../src/upstream/http/wire.ts";
import { forAll } from "../arbitrary.ts";

/** An answer with a field of every kind. */
interface Sample {
  name: string;
  nick?: string | null;
  labels?: string[] | null;
  live: boolean;
  seen_at: string | null;
  day?: string | null;
  amount: string;
  count: number;
  ratio: number | null;
  owner: { id: string; tags: string[] } | null;
  items: { id: string }[];
  tools: Record<string, { count: number }>;
}

const SECRET = "sk-value-that-must-not-be-told";

function sample(fields: Readonly<Record<string, unknown>>): Wire<Sample> {
  return new Wire<Sample>(fields, "data[3]");
}

/** The complaint about an answer. */
function complaint(read: () => unknown): string {
  try {
    read();
  } catch (fault) {
    if (fault instanceof WireError) return fault.message;
    throw fault;
  }
  throw new Error("nothing was complained of");
}

type Field = keyof Sample & string;
type Reader = (wire: Wire<Sample>) => unknown;

/** What each reader takes, and what it makes of it. */
const TAKEN: readonly [
  reader: string,
  field: Field,
  read: Reader,
  cases: readonly [sent: unknown, read: unknown][],
][] = [
  [
    "string",
    "name",
    (w) => w.string("name"),
    [
      ["a", "a"],
      ["", ""],
      ["null", "null"],
    ],
  ],
  [
    "stringOrNull",
    "nick",
    (w) => w.stringOrNull("nick"),
    [
      ["a", "a"],
      ["", ""],
      [null, null],
    ],
  ],
  [
    "stringsOrNull",
    "labels",
    (w) => w.stringsOrNull("labels"),
    [
      [
        ["a", ""],
        ["a", ""],
      ],
      [[], []],
      [null, null],
    ],
  ],
  [
    "boolean",
    "live",
    (w) => w.boolean("live"),
    [
      [true, true],
      [false, false],
    ],
  ],
  [
    "booleanOrNull",
    "live",
    (w) => w.booleanOrNull("live"),
    [
      [false, false],
      [null, null],
    ],
  ],
  [
    "count",
    "count",
    (w) => w.count("count"),
    [
      [0, 0],
      [3_000_000_000, 3_000_000_000],
      [2 ** 53 - 1, 2 ** 53 - 1],
    ],
  ],
  [
    "countOrNull",
    "count",
    (w) => w.countOrNull("count"),
    [
      [0, 0],
      [7, 7],
      [null, null],
    ],
  ],
  [
    "numberOrNull",
    "ratio",
    (w) => w.numberOrNull("ratio"),
    [
      [0.25, 0.25],
      [-1, -1],
      [0, 0],
      [null, null],
    ],
  ],
  [
    "decimal",
    "amount",
    (w) => w.decimal("amount"),
    [
      ["41280.000000", { units: 41280000000n, scale: 6 }],
      ["-1", { units: -1n, scale: 0 }],
    ],
  ],
  [
    "decimalOrNull",
    "amount",
    (w) => w.decimalOrNull("amount"),
    [
      ["0.10", { units: 10n, scale: 2 }],
      [null, null],
    ],
  ],
  [
    "exactNumber",
    "count",
    (w) => w.exactNumber("count"),
    [
      [47, { units: 47n, scale: 0 }],
      [0.1, { units: 1n, scale: 1 }],
      ["0.10000000000000000001", { units: 10000000000000000001n, scale: 20 }],
      [1e-7, { units: 1n, scale: 7 }],
      ["1.5E-05", { units: 15n, scale: 6 }],
      ["2.5e+3", { units: 2500n, scale: 0 }],
      [1e21, { units: 10n ** 21n, scale: 0 }],
    ],
  ],
  [
    "instant",
    "seen_at",
    (w) => w.instant("seen_at"),
    [
      ["2026-11-22T12:00:00Z", Date.UTC(2026, 10, 22, 12)],
      ["2026-11-22T12:00:00.123456+02:00", Date.UTC(2026, 10, 22, 10, 0, 0, 123)],
    ],
  ],
  [
    "instantOrNull",
    "seen_at",
    (w) => w.instantOrNull("seen_at"),
    [
      ["1970-01-01T00:00:00Z", 0],
      [null, null],
    ],
  ],
  [
    "dayOrNull",
    "day",
    (w) => w.dayOrNull("day"),
    [
      ["2028-02-29", "2028-02-29"],
      [null, null],
    ],
  ],
  [
    "list",
    "items",
    (w) => w.list("items"),
    [
      [[], []],
      [
        [1, null],
        [1, null],
      ],
    ],
  ],
  [
    "each",
    "items",
    (w) => w.each("items").map((item) => item.string("id")),
    [
      [
        [{ id: "a" }, { id: "b" }],
        ["a", "b"],
      ],
    ],
  ],
  ["at", "owner", (w) => w.at("owner").string("id"), [[{ id: "a" }, "a"]]],
  [
    "atOrNull",
    "owner",
    (w) => w.atOrNull("owner")?.string("id"),
    [
      [{ id: "a" }, "a"],
      [null, undefined],
    ],
  ],
  [
    "entries",
    "tools",
    (w) => w.entries("tools").map(([name, tool]) => [name, tool.count("count")]),
    [
      [{}, []],
      [
        { b: { count: 1 }, a: { count: 2 } },
        [
          ["b", 1],
          ["a", 2],
        ],
      ],
    ],
  ],
];

const NOT_TEXT = [1, true, {}, [], [SECRET]];
const NOT_COUNTS = [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, "1", SECRET, true, {}, [1]];
const NOT_DECIMALS = [1, "1e3", " 1", "1.", ".5", "", "NaN", "9".repeat(201), SECRET, {}, ["1"]];
const NOT_TIMES = [
  1_795_348_800,
  "2026-11-22",
  "2026-11-22T12:00:00",
  "2026-02-30T00:00:00Z",
  "Sun, 22 Nov 2026 12:00:00 GMT",
  "",
  SECRET,
  {},
];

/** What each reader refuses, and what it says it expected. */
const REFUSED: readonly [
  reader: string,
  field: Field,
  read: Reader,
  expected: string,
  cases: readonly unknown[],
][] = [
  ["string", "name", (w) => w.string("name"), "text", [...NOT_TEXT, null, undefined]],
  ["stringOrNull", "nick", (w) => w.stringOrNull("nick"), "text or null", NOT_TEXT],
  [
    "stringsOrNull",
    "labels",
    (w) => w.stringsOrNull("labels"),
    "a list of text or null",
    [SECRET, 1, {}, [SECRET, null], [[SECRET]], [1]],
  ],
  ["boolean", "live", (w) => w.boolean("live"), "true or false", ["true", 1, 0, SECRET, null, undefined]],
  ["booleanOrNull", "live", (w) => w.booleanOrNull("live"), "true or false or null", ["true", 1, 0, SECRET]],
  ["count", "count", (w) => w.count("count"), "a whole number below 2^53", [...NOT_COUNTS, null, undefined]],
  ["countOrNull", "count", (w) => w.countOrNull("count"), "a whole number below 2^53 or null", NOT_COUNTS],
  [
    "numberOrNull",
    "ratio",
    (w) => w.numberOrNull("ratio"),
    "a number or null",
    [Number.NaN, Number.POSITIVE_INFINITY, "0.5", SECRET, true, {}],
  ],
  ["decimal", "amount", (w) => w.decimal("amount"), "a decimal as text", [...NOT_DECIMALS, null, undefined]],
  ["decimalOrNull", "amount", (w) => w.decimalOrNull("amount"), "a decimal as text or null", NOT_DECIMALS],
  [
    "exactNumber",
    "count",
    (w) => w.exactNumber("count"),
    "a number",
    [
      "1e",
      "e5",
      "1e1000000000",
      "1e-1000",
      "1e5e5",
      "1e0.5",
      Number.NaN,
      Number.POSITIVE_INFINITY,
      SECRET,
      true,
      {},
      null,
      undefined,
    ],
  ],
  ["instant", "seen_at", (w) => w.instant("seen_at"), "an RFC 3339 time", [...NOT_TIMES, null, undefined]],
  ["instantOrNull", "seen_at", (w) => w.instantOrNull("seen_at"), "an RFC 3339 time or null", NOT_TIMES],
  [
    "dayOrNull",
    "day",
    (w) => w.dayOrNull("day"),
    "a day, YYYY-MM-DD or null",
    ["2026-02-30", "2026-11-22T00:00:00Z", 20_261_122, "", SECRET, {}],
  ],
  ["list", "items", (w) => w.list("items"), "a list", [{}, { length: 0 }, "", SECRET, 1, null, undefined]],
  ["at", "owner", (w) => w.at("owner"), "an object", [[], "", SECRET, 1, true, null, undefined]],
  ["atOrNull", "owner", (w) => w.atOrNull("owner"), "an object", [[], "", SECRET, 1, true]],
  ["entries", "tools", (w) => w.entries("tools"), "an object", [[], "", SECRET, 1, null, undefined]],
];

describe.each(TAKEN)("%s", (_reader, field, read, cases) => {
  test.each(cases)("takes %j", (sent, expected) => expect(read(sample({ [field]: sent }))).toEqual(expected));
});

describe.each(REFUSED)("%s", (_reader, field, read, expected, cases) => {
  test.each(cases.map((sent) => [sent]))("refuses %j by path and expectation, not by value", (sent) => {
    expect(complaint(() => read(sample({ [field]: sent })))).toBe(`data[3].${field}: expected ${expected}`);
  });
});

describe("a key that is missing", () => {
  test.each(TAKEN.filter(([reader]) => reader.endsWith("OrNull")))(
    "is null to %s",
    (_reader, _field, read) => {
      expect(read(sample({})) ?? null).toBeNull();
    },
  );

  test("is distinguished from one that is null", () => {
    expect(sample({}).has("nick")).toBe(false);
    expect(sample({ nick: null }).has("nick")).toBe(true);
  });
});

describe("a complaint", () => {
  const body = {
    owner: { id: 1, tags: [] },
    items: [{ id: "a" }, { id: 2 }],
    tools: { [SECRET]: { count: "many" } },
  };
  const wire = new Wire<Sample>(body);

  test("names the path through objects", () => {
    expect(complaint(() => wire.at("owner").string("id"))).toBe("owner.id: expected text");
  });

  test("names the index in a list", () => {
    expect(complaint(() => wire.each("items").map((item) => item.string("id")))).toBe(
      "items[1].id: expected text",
    );
  });

  test("names the index of a list's item that is not an object", () => {
    const list = new Wire<Sample>({ items: [{ id: "a" }, SECRET] });
    expect(complaint(() => list.each("items"))).toBe("items[1]: expected an object");
  });

  test("names the place in an open map, since its names are upstream's text", () => {
    expect(complaint(() => wire.entries("tools").map(([, tool]) => tool.count("count")))).toBe(
      "tools[0].count: expected a whole number below 2^53",
    );
  });

  test.each([[null], [[]], [SECRET], [1], [undefined]])("says that the body is not an object: %j", (sent) =>
    expect(complaint(() => new Wire(sent))).toBe("body: expected an object"),
  );
});

describe("names that every object has", () => {
  const INHERITED = ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"] as const;
  type Inherited = Record<(typeof INHERITED)[number], object | null>;

  test.each(INHERITED)("%s is not there unless it was sent", (name) => {
    const wire = new Wire<Inherited>(JSON.parse("{}"));
    expect(wire.has(name)).toBe(false);
    expect(wire.atOrNull(name)).toBeNull();
  });

  test.each(INHERITED)("%s is read when it was sent", (name) => {
    const json = `{ "owner": { "${name}": { "id": "a" } } }`;
    for (const parse of [JSON.parse, parseExact]) {
      const owner = new Wire<{ owner: Inherited }>(parse(json)).at("owner");
      expect(owner.has(name)).toBe(true);
      expect((owner.at(name) as Wire<{ id: string }>).string("id")).toBe("a");
    }
  });

  test("are entries like any other", () => {
    const wire = new Wire<Sample>(
      JSON.parse('{ "tools": { "__proto__": { "count": 1 }, "constructor": { "count": 2 } } }'),
    );
    expect(wire.entries("tools").map(([name, tool]) => [name, tool.count("count")])).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
  });
});

describe("parseExact", () => {
  const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 40 });

  test("keeps every digit of a number that a double cannot hold", () => {
    forAll([fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 40n }), digits], (below, whole, fraction) => {
      const number = `${below ? "-" : ""}${whole}.${fraction}`;
      const wire = new Wire<Sample>(parseExact(`{ "count": ${number} }`));
      const read = wire.exactNumber("count");
      const written = parseDecimal(number);
      if (/^0*$/.test(fraction) && whole < 2n ** 53n) expect(read.units).toBe(below ? -whole : whole);
      else expect(read).toEqual(written);
    });
  });

  test.each([
    "1000000000000000.01",
    "-99999999999999.001",
    "4503599627370497.3",
    "0.99999999999999999",
    "1.00000000000000000000000000001",
    "1.00000000000000000000000000001e3",
  ])("keeps the fraction of %s, the double of which is whole", (number) => {
    const read = new Wire<Sample>(parseExact(`{ "count": ${number} }`)).exactNumber("count");
    expect(read).toEqual(new Wire<Sample>({ count: number }).exactNumber("count"));
    expect(Number.isInteger(Number(number))).toBe(true);
    expect(read.scale).toBeGreaterThan(0);
  });

  test.each(["5.0000000000000000", "1.5e3", "1200e-2"])("leaves %s a count", (number) => {
    expect(new Wire<Sample>(parseExact(`{ "count": ${number} }`)).count("count")).toBe(Number(number));
  });

  test("keeps every digit of a large whole number", () => {
    forAll([fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })], (whole) => {
      const wire = new Wire<Sample>(parseExact(`{ "count": ${whole} }`));
      expect(formatDecimal(wire.exactNumber("count"))).toBe(String(whole));
    });
  });

  test("takes numbers that no double can reach", () => {
    const wire = new Wire<Sample>(parseExact('{ "count": 1e400 }'));
    expect(wire.exactNumber("count").units).toBe(10n ** 400n);
  });

  test("leaves counts numbers, and refuses a count that is none", () => {
    expect(new Wire<Sample>(parseExact('{ "count": 9007199254740991 }')).count("count")).toBe(2 ** 53 - 1);
    for (const number of ["1.5", "9007199254740992"])
      expect(
        complaint(() => new Wire<Sample>(parseExact(`{ "count": ${number} }`)).count("count")),
      ).toContain("count");
  });

  test("leaves everything that is not such a number as JSON has it", () => {
    const integers = fc.maxSafeInteger();
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 3 },
        integers,
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("json")),
        fc.dictionary(fc.string(), tie("json")),
      ),
    }));
    forAll([json], (value) => {
      const text = JSON.stringify(value);
      expect(parseExact(text)).toEqual(JSON.parse(text));
    });
  });

  test.each([
    "54.1117",
    "0.1",
    "1.10",
    "12.0",
    "-0.5",
    "1.5e-7",
    "1e3",
    "99999999999999.9",
    "0.1234567890123456",
  ])("reads %s as it does with every number left as text", (number) => {
    const amount = (json: string) => new Wire<Sample>(parseExact(json)).exactNumber("count");
    const asText = amount(`{ "count": "${Number.isSafeInteger(Number(number)) ? Number(number) : number}" }`);
    for (const json of [
      `{"count":${number}}`,
      `{ "count" : ${number} }`,
      `{"count":${number},"ratio":1}`,
      `{"ratio":0.12345678901234567890,\n"count":\t${number}\n}`,
    ])
      expect(amount(json)).toEqual(asText);
  });

  test("leaves text that reads like a member as it is", () => {
    const pieces = [
      '"',
      "\\",
      "\\\\",
      ":",
      " ",
      "\n",
      "{",
      "}",
      ",",
      "[",
      "count",
      "1.10",
      "12345678901234567890",
      "1e-7",
    ];
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((each) => each.join(""));
    forAll([text, text], (key, value) => {
      const json = JSON.stringify({ [key]: value, list: [value, { [value]: key }] });
      expect(parseExact(json)).toEqual(JSON.parse(json));
    });
  });

  test.each([":1.10 key", ": 1e5,", ":12345678901234567890}", '":1.10,', "\\:1.10 ", ':1.10 \\":1.10 '])(
    "leaves the text %s as it is",
    (value) => {
      const json = JSON.stringify({ name: value, list: [value, value], [value]: value });
      expect(parseExact(json)).toEqual(JSON.parse(json));
    },
  );

  test.each([
    "{ count: 1 }",
    '{ "count": 0123456789012345678 }',
    '{ "count": 1.23456789.0123456 }',
    '{ "count": 1.e5 }',
  ])("refuses %s, as JSON does", (json) => {
    expect(() => parseExact(json)).toThrow(SyntaxError);
  });
});

describe("at compile time", () => {
  test("readers give what the wire type holds", () => {
    const wire = sample({ owner: null, items: [] });
    expectTypeOf<ReturnType<typeof wire.at<"owner">>>().toEqualTypeOf<
      Wire<{ id: string; tags: string[] } & object>
    >();
    expectTypeOf(wire.each("items")).toEqualTypeOf<Wire<{ id: string }>[]>();
    expectTypeOf(wire.only<"name">()).toEqualTypeOf<Wire<Pick<Sample, "name">>>();
    expectTypeOf(wire.string).parameter(0).toEqualTypeOf<"name" | "nick" | "seen_at" | "day" | "amount">();
    expectTypeOf(wire.count).parameter(0).toEqualTypeOf<"count" | "ratio">();
  });

  /** The function is never run: each of its lines must fail to compile, or the directive above it does. */
  test("a name that upstream does not have, or has for something else, is an error", () => {
    const misread = (wire: Wire<Sample>) => [
      // @ts-expect-error: misspelled
      wire.string("nmae"),
      // @ts-expect-error: a number
      wire.string("count"),
      // @ts-expect-error: text
      wire.count("amount"),
      // @ts-expect-error: text
      wire.boolean("name"),
      // @ts-expect-error: a number, not a decimal as text
      wire.decimal("count"),
      // @ts-expect-error: text, not a JSON number
      wire.exactNumber("amount"),
      // @ts-expect-error: a number, not a time
      wire.instant("count"),
      // @ts-expect-error: text, not an object
      wire.at("name"),
      // @ts-expect-error: an object, not a list
      wire.each("owner"),
      // @ts-expect-error: misspelled inside an object
      wire.at("owner").string("di"),
      // @ts-expect-error: misspelled inside a list
      wire.each("items").map((item) => item.string("di")),
      // @ts-expect-error: misspelled inside an open map
      wire.entries("tools").map(([, tool]) => tool.count("cuont")),
      // @ts-expect-error: left out by the reader's own wish
      wire.only<"name">().boolean("live"),
      // @ts-expect-error: asked for by a name that is not there
      wire.has("nmae"),
    ];
    expectTypeOf(misread).toBeFunction();
  });
});
