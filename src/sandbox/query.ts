import { type Instant, parseDay } from "../domain/day.ts";
import { type Parameter, type Query, Refusal } from "./endpoint.ts";

export type Parameters = Readonly<Record<string, Parameter>>;

/**
 * The parameters of one request that the endpoint knows, checked; the first fault is a 400 that names its parameter.
 * Names it does not know are dropped without an error, as upstream does (`user_ids` for `user_ids[]` widens the answer).
 */
export class CheckedQuery implements Query {
  readonly #sent = new Map<string, string[]>();

  constructor(search: string, parameters: Parameters) {
    for (const [name, value] of new URLSearchParams(search)) {
      if (!Object.hasOwn(parameters, name)) continue;
      this.#sent.getOrInsertComputed(name, () => []).push(value);
    }
    for (const [name, parameter] of Object.entries(parameters)) {
      const fault = faultOf(parameter, this.list(name));
      if (fault !== undefined) throw new Refusal(400, `${name}: ${fault}`);
    }
  }

  has(name: string): boolean {
    return this.#sent.has(name);
  }

  text(name: string): string | undefined {
    return this.#sent.get(name)?.[0];
  }

  list(name: string): readonly string[] {
    return this.#sent.get(name) ?? [];
  }

  instant(name: string): Instant | undefined {
    return parseInstant(this.text(name) ?? "") ?? undefined;
  }

  flag(name: string): boolean {
    return this.text(name) === "true";
  }

  /** Every parameter but `left`, sorted by name, the entries of a list in the order sent. */
  allBut(left: string): readonly (readonly [string, readonly string[]])[] {
    return [...this.#sent].filter(([name]) => name !== left).sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function faultOf(parameter: Parameter, sent: readonly string[]): string | undefined {
  const { type, required, maxItems = Number.POSITIVE_INFINITY } = parameter;
  if (sent.length === 0) return required ? "required" : undefined;
  if (type !== "list" && sent.length > 1) return `takes one value, ${sent.length} were sent`;
  if (sent.length > maxItems) return `takes at most ${maxItems} entries, ${sent.length} were sent`;
  for (const value of sent) {
    const fault = faultOfValue(parameter, value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOfValue({ type, values, pattern, min, max }: Parameter, value: string): string | undefined {
  const shown = JSON.stringify(value);
  if (values !== undefined && !values.includes(value)) return `${shown} is none of ${values.join(", ")}`;
  if (pattern !== undefined && !pattern.test(value))
    return `${shown} does not have the form ${pattern.source}`;
  switch (type) {
    case "text":
      return value === "" ? "must not be empty" : undefined;
    case "day":
      return parseDay(value) === null ? `${shown} is not a day (YYYY-MM-DD)` : undefined;
    case "instant":
      return parseInstant(value) === null
        ? `${shown} is not an RFC 3339 timestamp with an offset`
        : undefined;
    case "boolean":
      return value === "true" || value === "false" ? undefined : `${shown} is neither true nor false`;
    case "integer":
      if (!/^-?\d{1,15}$/.test(value)) return `${shown} is not an integer`;
      if (min !== undefined && Number(value) < min) return `must be at least ${min}`;
      return max !== undefined && Number(value) > max ? `must be at most ${max}` : undefined;
    case "list":
      return undefined;
  }
}

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

function parseInstant(text: string): Instant | null {
  if (!TIMESTAMP.test(text)) return null;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null;
  }
}
