import { isLoopback } from "../proxies.ts";
import { InvalidText, type SettingFormat } from "./setting.ts";

/** Any text. */
export function text(values: string): SettingFormat<string> {
  return { parse: (value) => value, expected: values, values };
}

/** Reads an http or https URL without credentials; null for any other text. */
export function httpUrl(text: string): URL | null {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === ""
    ? url
    : null;
}

/** True for an https URL without credentials, or an http one of this machine: what is sent in the clear can be read on the way. */
export function isSecureUrl(url: URL | null): url is URL {
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export function wholeNumber(
  min: number,
  max: number,
  unit = "",
): SettingFormat<number> & { readonly range: Range } {
  return {
    parse: (value) => (/^\d{1,10}$/.test(value) ? within(Number(value), min, max) : null),
    expected: `a whole number from ${min} to ${max}`,
    values: `${min} to ${max}${unit && ` ${unit}`}`,
    range: { min, max },
  };
}

/** A number of seconds, read as milliseconds. */
export function seconds(min: number, max: number): SettingFormat<number> {
  const whole = wholeNumber(min, max, "seconds");
  return { ...whole, parse: (value) => thousandfold(whole.parse(value)) };
}

function thousandfold(value: number | null): number | null {
  return value === null ? null : value * 1_000;
}

/** A size of any number of bytes but 0. */
export function byteSize(example: string): SettingFormat<number> {
  return { parse: bytes, expected: `a size such as ${example}`, values: "bytes, or with KiB, MiB or GiB" };
}

export function byteSizeBetween(
  min: number,
  max: number,
  example: string,
): SettingFormat<number> & { readonly range: Range } {
  return {
    parse: (value) => within(bytes(value), min, max),
    expected: `a size from ${min} to ${max} bytes, such as ${example}`,
    values: `${inBinaryUnits(min)} to ${inBinaryUnits(max)}`,
    range: { min, max },
  };
}

const UNITS = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

function bytes(value: string): number | null {
  const match = /^(\d{1,12})(|KiB|MiB|GiB)$/.exec(value);
  const size = match === null ? 0 : Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  return size > 0 ? size : null;
}

function inBinaryUnits(size: number): string {
  const unit = (["GiB", "MiB", "KiB"] as const).find((each) => size % UNITS[each] === 0);
  return unit === undefined ? `${size} bytes` : `${size / UNITS[unit]}${unit}`;
}

function within(value: number | null, min: number, max: number): number | null {
  return value !== null && value >= min && value <= max ? value : null;
}

/** One word of several. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  expected: string,
): SettingFormat<Word> {
  return {
    parse: (value) => words.find((word) => word === value) ?? null,
    expected,
    values: words.map((word) => `\`${word}\``).join(", "),
  };
}

export const ON_OR_OFF: SettingFormat<boolean> = {
  parse: (value) => (value === "on" ? true : value === "off" ? false : null),
  expected: "on or off",
  values: "`on`, `off`",
};

/** Entries with commas between them. */
export function commaSeparated(values: string): SettingFormat<readonly string[]> {
  return {
    parse(value) {
      const entries = split(value);
      if (entries.includes("")) throw new InvalidText(" has a comma with nothing beside it");
      return entries;
    },
    expected: values,
    values,
  };
}

/** Entries with commas between them, each of which must be valid. */
export function listOf(
  isEntry: (entry: string) => boolean,
  normalize: (entry: string) => string,
  { expected, values }: Pick<SettingFormat<unknown>, "expected" | "values">,
): SettingFormat<readonly string[]> {
  return {
    parse(value) {
      const entries = split(value).map(normalize);
      return entries.every(isEntry) ? entries : null;
    },
    expected,
    values,
  };
}

function split(value: string): string[] {
  return value.split(",").map((entry) => entry.trim());
}

/** The shortest secret that an operator may choose. */
const MIN_KEY = 32;

/** A secret, or two while one takes the place of the other. `use` completes "the one that …". */
export function oneOrTwoKeys(use: string): SettingFormat<readonly string[]> {
  return {
    parse(value) {
      const keys = split(value);
      if (keys.length > 2)
        throw new InvalidText(` has more than two keys, the one that ${use} and the one before it`);
      if (new Set(keys).size < keys.length) throw new InvalidText(" has the same key twice");
      return keys.every((each) => each.length >= MIN_KEY) ? keys : null;
    },
    expected: `a key of ${MIN_KEY} characters or more, or two of them with a comma between`,
    values: `one or two keys of ${MIN_KEY} characters or more, comma-separated`,
  };
}
