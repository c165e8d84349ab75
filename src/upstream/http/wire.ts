import { isCurrency } from "../../domain/currency.ts";
import { type Day, type Instant, parseDay, parseInstant } from "../../domain/day.ts";
import { compare, type Decimal, decimalOf, parseDecimal, timesPowerOfTen } from "../../domain/decimal.ts";

/** An upstream answer that breaks its contract; says where, never what the value was. */
export class WireError extends Error {
  constructor(path: string, expected: string) {
    super(`${path || "body"}: expected ${expected}`);
    this.name = "WireError";
  }
}

type Present<T> = Exclude<T, null | undefined>;
type KeysOf<T, Value> = { [K in keyof T]-?: Present<T[K]> extends Value ? K : never }[keyof T] & string;
type ItemsOf<T> = Present<T> extends readonly (infer Item extends object)[] ? Item : never;

/**
 * Reads one JSON object of type `T` field by field. The published client's types fix which names exist and what they hold
 * at compile time; at run time every value is checked, and a complaint names the full path. A missing key reads as null where
 * null is allowed: older servers leave keys out.
 */
export class Wire<T extends object> {
  readonly #value: Readonly<Record<string, unknown>>;
  /** Where it stands: a path, or a key of the object around it. A page has thousands of objects, so paths are written for complaints alone. */
  readonly #place: string;
  readonly #around: Wire<object> | null;

  constructor(value: unknown, place = "", around: Wire<object> | null = null) {
    this.#place = place;
    this.#around = around;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new WireError(this.#path, "an object");
    this.#value = value as Readonly<Record<string, unknown>>;
  }

  get #path(): string {
    return this.#around === null ? this.#place : this.#around.#at(this.#place);
  }

  #get(key: string): unknown {
    const value = this.#value[key];
    // Only what every object inherits is a function or this prototype: JSON holds neither.
    return typeof value === "function" || value === Object.prototype ? undefined : value;
  }

  #at(key: string): string {
    const path = this.#path;
    return path === "" ? key : `${path}.${key}`;
  }

  #read<V>(key: string, expected: string, read: (value: unknown) => V | null): V {
    const value = read(this.#get(key));
    if (value === null) throw new WireError(this.#at(key), expected);
    return value;
  }

  #readOrNull<V>(key: string, expected: string, read: (value: unknown) => V | null): V | null {
    const value = this.#get(key);
    if (value === null || value === undefined) return null;
    const known = read(value);
    if (known === null) throw new WireError(this.#at(key), `${expected} or null`);
    return known;
  }

  at<K extends KeysOf<T, object>>(key: K): Wire<Present<T[K]> & object> {
    return new Wire(this.#get(key), key, this);
  }

  atOrNull<K extends KeysOf<T, object>>(key: K): Wire<Present<T[K]> & object> | null {
    const value = this.#get(key);
    return value === null || value === undefined ? null : new Wire(value, key, this);
  }

  list(key: KeysOf<T, readonly unknown[]>): readonly unknown[] {
    return this.#read(key, "a list", (value) => (Array.isArray(value) ? value : null));
  }

  each<K extends KeysOf<T, readonly unknown[]>>(key: K): Wire<ItemsOf<T[K]>>[] {
    return this.list(key).map((item, i) => new Wire(item, `${key}[${i}]`, this));
  }

  /** The entries of an open map, in the order sent. Names are upstream's text, so a complaint names the place instead. */
  entries<K extends KeysOf<T, object>>(
    key: K,
  ): [name: string, value: Wire<Present<T[K]>[keyof Present<T[K]>] & object>][] {
    const map = this.#read(key, "an object", (value) =>
      typeof value === "object" && !Array.isArray(value) ? value : null,
    );
    return Object.entries(map).map(([name, value], i) => [name, new Wire(value, `${key}[${i}]`, this)]);
  }

  /** Narrows an object for a reader that needs only some of its fields. */
  only<K extends keyof T>(): Wire<Pick<T, K>> {
    return this as object as Wire<Pick<T, K>>;
  }

  has(key: keyof T & string): boolean {
    return this.#get(key) !== undefined;
  }

  string(key: KeysOf<T, string>): string {
    return this.#read(key, "text", text);
  }

  stringOrNull(key: KeysOf<T, string>): string | null {
    return this.#readOrNull(key, "text", text);
  }

  stringsOrNull(key: KeysOf<T, readonly string[]>): readonly string[] | null {
    return this.#readOrNull(key, "a list of text", (value) =>
      Array.isArray(value) && value.every((item) => typeof item === "string") ? value : null,
    );
  }

  boolean(key: KeysOf<T, boolean>): boolean {
    return this.#read(key, "true or false", boolean);
  }

  booleanOrNull(key: KeysOf<T, boolean>): boolean | null {
    return this.#readOrNull(key, "true or false", boolean);
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(key: KeysOf<T, number>): number {
    return this.#read(key, "a whole number below 2^53", count);
  }

  countOrNull(key: KeysOf<T, number>): number | null {
    return this.#readOrNull(key, "a whole number below 2^53", count);
  }

  /** A finite number, whole or not. For ratios; amounts are decimals. */
  numberOrNull(key: KeysOf<T, number>): number | null {
    return this.#readOrNull(key, "a number", (value) =>
      typeof value === "number" && Number.isFinite(value) ? value : null,
    );
  }

  /** A decimal string. */
  decimal(key: KeysOf<T, string>): Decimal {
    return this.#read(key, "a decimal as text", decimal);
  }

  decimalOrNull(key: KeysOf<T, string>): Decimal | null {
    return this.#readOrNull(key, "a decimal as text", decimal);
  }

  /** The currency of the amounts beside it: the contract of every report says USD, and amounts of two are never added. */
  usd(key: KeysOf<T, string>): "USD" {
    return this.#read(key, "USD", (value) => (value === "USD" ? value : null));
  }

  /** The currency of the amounts beside it, where it is not the one of all reports. */
  currency(key: KeysOf<T, string>): string {
    return this.#read(key, "an ISO 4217 code", (value) =>
      typeof value === "string" && isCurrency(value) ? value : null,
    );
  }

  /** A JSON number with every digit kept: see parseExact. */
  exactNumber(key: KeysOf<T, number>): Decimal {
    return this.#read(key, "a number", exactNumber);
  }

  instant(key: KeysOf<T, string>): Instant {
    return this.#read(key, "an RFC 3339 time", instant);
  }

  instantOrNull(key: KeysOf<T, string>): Instant | null {
    return this.#readOrNull(key, "an RFC 3339 time", instant);
  }

  dayOrNull(key: KeysOf<T, string>): Day | null {
    return this.#readOrNull(key, "a day, YYYY-MM-DD", (value) =>
      typeof value === "string" ? days.of(value) : null,
    );
  }
}

/**
 * JSON with members that are numbers a double cannot hold exactly as the text they were written in. They become text before they are
 * parsed: a reviver takes ten times the time of the parser.
 */
export function parseExact(json: string): unknown {
  return JSON.parse(
    json.replace(LONG_MEMBER, (member, colon: string, number: string) =>
      isExactWhole(number) || !JSON_NUMBER.test(number) ? member : `"${colon}"${number}"`,
    ),
  );
}

/**
 * Finds a member that is a number of more than 15 digits, with an exponent, or with zeros after its last decimal. JavaScript writes any
 * other as it was sent (15 decimal digits survive in a double, IEEE 754). A quotation mark after a letter, a digit or `_` ends a text:
 * one that begins a text follows punctuation or a blank, and one within a text a backslash.
 */
const LONG_MEMBER =
  /(?<=\w)"(\s*:\s*)(-?(?:\d[\d.]{15,}(?:[eE][+-]?\d+)?|\d[\d.]*[eE][+-]?\d+|\d+\.\d*[1-9]0+))(?=[,}\s])/g;

/** True for a whole number that a double holds, as counts are. The double of a number with a small fraction can be whole as well. */
function isExactWhole(number: string): boolean {
  const double = Number(number);
  const written = Number.isSafeInteger(double) ? exactNumber(number) : null;
  return written !== null && compare(written, decimalOf(double)) === 0;
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function boolean(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function count(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}

function decimal(value: unknown): Decimal | null {
  return typeof value === "string" ? parseDecimal(value) : null;
}

/** JSON writers put small fractions as `1e-5`. The exponent is bounded, since what it asks for is written out in full. */
function exactNumber(value: unknown): Decimal | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  const [, mantissa = "", power = "0"] = /^([^e]+)(?:e([+-]?\d{1,3}))?$/i.exec(String(value)) ?? [];
  const number = parseDecimal(mantissa);
  return number && timesPowerOfTen(number, Number(power));
}

function instant(value: unknown): Instant | null {
  return typeof value === "string" ? instants.of(value) : null;
}

/** The rows of a page are about the same few times, and parsing one takes longer than the rest of its row. */
class Parsed<Value extends Instant | Day> {
  readonly #parse: (text: string) => Value | null;
  readonly #known = new Map<string, Value>();

  constructor(parse: (text: string) => Value | null) {
    this.#parse = parse;
  }

  of(text: string): Value | null {
    const before = this.#known.get(text);
    if (before !== undefined) return before;
    const value = this.#parse(text);
    if (value === null) return null;
    if (this.#known.size >= MAX_PARSED) this.#known.clear();
    this.#known.set(text, value);
    return value;
  }
}

const MAX_PARSED = 1_000;
const instants = new Parsed<Instant>(parseInstant);
const days = new Parsed<Day>(parseDay);
