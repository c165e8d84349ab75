import { type Decimal, formatDecimal } from "../../domain/decimal.ts";

/** The units that are counted and charged: five kinds of tokens, web searches, runs of code, minutes of managed sessions. */
export const COMPONENTS = [
  "uncached",
  "write5m",
  "write1h",
  "read",
  "output",
  "searches",
  "executions",
  "sessionMinutes",
] as const;
export type Component = (typeof COMPONENTS)[number];

/** The component on the wire; `session_usage` on the Console only. */
export type CostType = "tokens" | "web_search" | "code_execution" | "session_usage";
export const COST_TYPE: Readonly<Record<Component, CostType>> = {
  uncached: "tokens",
  write5m: "tokens",
  write1h: "tokens",
  read: "tokens",
  output: "tokens",
  searches: "web_search",
  executions: "code_execution",
  sessionMinutes: "session_usage",
};
export const TOKEN_TYPE: Readonly<Record<Component, string | null>> = {
  uncached: "uncached_input_tokens",
  write5m: "cache_creation.ephemeral_5m_input_tokens",
  write1h: "cache_creation.ephemeral_1h_input_tokens",
  read: "cache_read_input_tokens",
  output: "output_tokens",
  searches: null,
  executions: null,
  sessionMinutes: null,
};

/** Money is counted in whole hundred-millionths of a cent. */
export const SCALE = 8;
const CENT = 10 ** SCALE;

/** Price of one of each component, in hundred-millionths of a cent. */
type Prices = Readonly<Record<Component, number>>;

/** Properties of a unit of usage that its price depends on. */
export interface Rate {
  readonly model: string | null;
  readonly contextWindow: "0-200k" | "200k-1M" | null;
  readonly geo: "us" | "global" | null;
  readonly speed: "standard" | "fast" | null;
  readonly list: Prices;
  readonly net: Prices;
}

/** Dollars per million tokens, in and out; one dollar per million is 10,000 units per token. */
const MODELS: Readonly<
  Record<string, { readonly input: number; readonly output: number; readonly geo: boolean }>
> = {
  "claude-haiku-4-5": { input: 1, output: 5, geo: true },
  // Older than the region setting.
  "claude-sonnet-4-5": { input: 3, output: 15, geo: false },
  "claude-sonnet-5": { input: 3, output: 15, geo: true },
  "claude-opus-4-6": { input: 5, output: 25, geo: true },
  "claude-opus-4-8": { input: 5, output: 25, geo: true },
};

/** Percent off the list price by product. */
const DISCOUNTS: Readonly<Record<string, number>> = {
  chat: 10,
  claude_code: 20,
  cowork: 10,
  office_agent: 16,
  claude_in_chrome: 10,
  claude_design: 6,
  "claude-tag": 12,
  other: 0,
  api: 8,
};

/** Made once each, by product, model and which of the price's three variants apply. */
const rates = new Map<string, Map<string, Rate[]>>();

/** The rate of a model; the geo is dropped for models without the setting. `product` may be `api` for the Console. */
export function modelRate(product: string, model: string, long: boolean, us: boolean, fast: boolean): Rate {
  const models = rates.getOrInsertComputed(product, () => new Map<string, Rate[]>());
  const variants = models.getOrInsertComputed(model, () =>
    Array.from({ length: 8 }, (_, i) => newRate(product, model, (i & 1) > 0, (i & 2) > 0, i > 3)),
  );
  return variants[(long ? 1 : 0) + (us ? 2 : 0) + (fast ? 4 : 0)] as Rate;
}

function newRate(product: string, model: string, long: boolean, us: boolean, fast: boolean): Rate {
  const { input, output, geo } = MODELS[model] as (typeof MODELS)[string];
  const factor = (geo && us ? 11_000 : 10_000) * (fast ? 6 : 1);
  const into = input * factor * (long ? 2 : 1);
  const list: Prices = {
    uncached: into,
    write5m: into * 1.25,
    write1h: into * 2,
    read: into / 10,
    output: output * factor * (long ? 1.5 : 1),
    searches: CENT,
    executions: 0,
    sessionMinutes: 0,
  };
  return {
    model,
    contextWindow: long ? "200k-1M" : "0-200k",
    geo: geo ? (us ? "us" : "global") : null,
    speed: fast ? "fast" : "standard",
    list,
    net: discounted(list, product),
  };
}

const plainRates = new Map<string, Rate>();

/** The rate of what no model does: code execution, and the time a managed session runs. */
export function plainRate(product: string): Rate {
  let rate = plainRates.get(product);
  if (rate === undefined) {
    const list: Prices = {
      uncached: 0,
      write5m: 0,
      write1h: 0,
      read: 0,
      output: 0,
      searches: 0,
      executions: 42_000_000,
      sessionMinutes: 15_000_000,
    };
    rate = { model: null, contextWindow: null, geo: null, speed: null, list, net: discounted(list, product) };
    plainRates.set(product, rate);
  }
  return rate;
}

function discounted(list: Prices, product: string): Prices {
  const share = 100 - (DISCOUNTS[product] ?? 0);
  const net = Object.fromEntries(
    COMPONENTS.map((component) => {
      const price = (list[component] * share) / 100;
      // Every price must stay whole, or sums would depend on the order of adding.
      if (!Number.isInteger(price)) throw new RangeError(`${product} ${component}: ${price} is not whole`);
      return [component, price];
    }),
  );
  return net as Prices;
}

/** An exact sum of whole numbers each below 2^52, whatever it grows to. */
export class Sum {
  private low = 0;
  private high = 0n;

  add(units: number): void {
    this.low += units;
    if (this.low >= 4_503_599_627_370_496) this.carry();
  }

  private carry(): void {
    this.high += BigInt(this.low);
    this.low = 0;
  }

  get units(): bigint {
    return this.high + BigInt(this.low);
  }
}

export function centsOf(units: bigint): Decimal {
  return { units, scale: SCALE };
}

/** Cents as the Enterprise reports write them: at least six decimals. */
export function enterpriseCents(units: bigint): string {
  return formatDecimal(centsOf(units)).replace(/0{1,2}$/, "");
}

/** Cents as the Console reports write them: no more decimals than needed. */
export function consoleCents(units: bigint): string {
  return formatDecimal(centsOf(units)).replace(/\.?0+$/, "");
}
