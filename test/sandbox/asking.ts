import { addDays, type Day, type Instant } from "../../src/domain/day.ts";
import { type Decimal, parseDecimal, sum } from "../../src/domain/decimal.ts";
import { type EndpointOptions, endpoints } from "../../src/sandbox/endpoints.ts";
import { createHandler } from "../../src/sandbox/handler.ts";
import { chargesOf, type Fact } from "../../src/sandbox/ledger/fact.ts";
import { centsOf } from "../../src/sandbox/ledger/prices.ts";
import { Ledger } from "../../src/sandbox/ledger.ts";
import { createOrganization } from "../../src/sandbox/organization.ts";

export const NOON = Date.parse("2026-11-22T12:00:00Z");

const KEYS = { enterprise: "sk-ant-api01-test", admin: "sk-ant-admin01-test", oauth: "sk-ant-oat01-test" };

/** A JSON object of an answer; tests name the keys they read. */
// biome-ignore lint/suspicious/noExplicitAny: bodies are checked against the contract elsewhere
export type Wire = any;

export interface Asking {
  readonly key?: keyof typeof KEYS;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Size {
  readonly users?: number;
  readonly seed?: number;
  readonly now?: Instant;
}

/** A small organization, its truth, and a way to ask. The clock can be moved through `clock.now`. */
export function sandbox({ users = 60, seed = 1, now = NOON, ...options }: Size & EndpointOptions = {}) {
  const organization = createOrganization({ users, seed });
  const ledger = new Ledger(organization);
  const clock = { now };
  const fail = (error: unknown) => {
    throw error;
  };
  const handle = createHandler(endpoints(organization, ledger, options), `${seed}/${users}`, {
    now: () => clock.now,
    rateLimit: "off",
    failed: fail,
  });

  const reply = async (path: string, { key = "enterprise", headers = {} }: Asking = {}) => {
    const { status, body } = await handle({
      method: "GET",
      path: `/v1/organizations${path}`,
      headers: { "x-api-key": KEYS[key], "anthropic-version": "2026-10-21", ...headers },
    });
    return { status, body: JSON.parse(body) as Wire };
  };

  const ask = async (path: string, asking?: Asking): Promise<Wire> => {
    const { status, body } = await reply(path, asking);
    if (status !== 200) throw new Error(`${path}: ${status} ${body.error.message}`);
    return body;
  };

  /** All rows of all pages. */
  const rows = async (path: string, asking?: Asking): Promise<Wire[]> => {
    const all: Wire[] = [];
    for (let page: string | null = null; ; ) {
      const body: Wire = await ask(page === null ? path : `${path}&page=${encodeURIComponent(page)}`, asking);
      all.push(...body.data);
      page = body.next_page;
      if (page === null) return all;
    }
  };

  /** The message of a refusal, `400: …`. */
  const refusal = async (path: string, asking?: Asking): Promise<string> => {
    const { status, body } = await reply(path, asking);
    return status === 200 ? "200" : `${status}: ${body.error.message}`;
  };

  return { organization, ledger, clock, ask, reply, rows, refusal };
}

/** Exact sums, told apart by number and not by how many zeros are written. */
export function cents(amounts: Iterable<string>): string {
  return plain(sum(Array.from(amounts, (amount) => parseDecimal(amount) ?? fault(amount))));
}

/** What facts cost after discount, or at list price. */
export function trueCents(facts: Iterable<Fact>, kind: "net" | "list" = "net"): string {
  let units = 0n;
  for (const fact of facts) for (const charge of chargesOf(fact)) units += charge[kind];
  return plain(centsOf(units));
}

function plain({ units, scale }: Decimal): string {
  return `${units * 10n ** BigInt(12 - scale)}e-12`;
}

function fault(amount: string): never {
  throw new Error(`not an amount: ${amount}`);
}

export function total<T>(items: Iterable<T>, count: (item: T) => number): number {
  let all = 0;
  for (const item of items) all += count(item);
  return all;
}

export function instant(text: string): Instant {
  return Date.parse(text);
}

export function days(from: Day, count: number): Day[] {
  return Array.from({ length: count }, (_, i) => addDays(from, i));
}
