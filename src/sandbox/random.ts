/**
 * Stateless randomness: equal seeds and keys give equal numbers, in any order of asking, so a member, a day or a page
 * can be computed alone.
 */
export function hash(seed: number, a: number, b = 0, c = 0): number {
  let h = seed | 0;
  h = stir(h, a);
  h = stir(h, b);
  h = stir(h, c);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

// The body of MurmurHash3 (x86, 32 bit) for one block.
function stir(state: number, key: number): number {
  let k = Math.imul(key, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const mixed = state ^ k;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** `hash` as a number from 0 up to but not including 1. */
export function chanceOf(seed: number, a: number, b = 0, c = 0): number {
  return hash(seed, a, b, c) / 4_294_967_296;
}

/** A short run of numbers from one seed (mulberry32). */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** From 0 up to but not including 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 up to but not including `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** A positive whole number around `mean`, now and then several times it. */
  around(mean: number): number {
    const u = this.next();
    const cube = u * u * u;
    return Math.max(1, Math.round(mean * (0.35 + 0.8 * u + 1.6 * cube * cube)));
  }
}

const DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Ids such as `user_01Hq7Zc3vKpWnT5rYd8sLmBx`: one for every index, and back, without a table of them. */
export interface Ids {
  of(index: number): string;
  /** The index an id was made of; null for any other text. */
  index(id: string): number | null;
}

export function ids(prefix: string, seed: number, salt: number): Ids {
  const key = hash(seed, salt, 77);
  const of = (index: number) => {
    let text = digits(scramble(index ^ key), 6);
    for (let word = 0; word < 3; word++) text += digits(hash(key, index, word), 6);
    return `${prefix}01${text.slice(0, 22)}`;
  };
  return {
    of,
    index(id) {
      const head = prefix.length + 2;
      let code = 0;
      for (const letter of id.slice(head, head + 6)) code = code * 58 + DIGITS.indexOf(letter);
      const index = (unscramble(code) ^ key) >>> 0;
      return code <= 0xffffffff && of(index) === id ? index : null;
    },
  };
}

export function uuid(seed: number, a: number, b = 0): string {
  let hex = "";
  for (let word = 0; word < 4; word++)
    hex += hash(seed, a, b, word + 1)
      .toString(16)
      .padStart(8, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** `length` letters and digits without a meaning, for ids of other systems (Slack). */
export function letters(seed: number, a: number, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"[hash(seed, a, i) % 34];
  return text;
}

function digits(value: number, length: number): string {
  let text = "";
  for (let rest = value, i = 0; i < length; i++) {
    text = DIGITS.charAt(rest % 58) + text;
    rest = Math.floor(rest / 58);
  }
  return text;
}

// Odd multiplier and its inverse modulo 2^32; the shift by 16 is its own inverse.
function scramble(value: number): number {
  const product = Math.imul(value, 0x9e3779b1);
  return (product ^ (product >>> 16)) >>> 0;
}

function unscramble(value: number): number {
  return Math.imul(value ^ (value >>> 16), 0x0e8b2f51) >>> 0;
}
