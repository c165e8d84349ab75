import { GatewayError } from "../../errors.ts";
import type { LimitName, RequestLimits } from "../../limits.ts";

const PIECES = "Ask in several operations, one after another.";

/** What there is too much of, and what would work. */
const SENTENCES: Readonly<Record<LimitName, readonly [what: string, wayOut: string]>> = {
  MAX_HEADER_BYTES: [
    "bytes in its URL and headers",
    "Send fewer cookies, or a token with fewer groups or claims in it; the operator of the gateway can raise the limit.",
  ],
  MAX_BODY_BYTES: ["bytes in the body", PIECES],
  MAX_DOCUMENT_BYTES: ["bytes in the document", `Put values into variables. ${PIECES}`],
  MAX_TOKENS: ["tokens in the document", PIECES],
  MAX_OPERATIONS: ["operations in the document", "Send the one that is to be run."],
  MAX_FRAGMENTS: ["fragments in the document", "Write out those that are spread once."],
  MAX_DEPTH: [
    "levels of fields",
    "Ask for the inner ones by `node(id)`, or by a question of their own at the root.",
  ],
  MAX_INTROSPECTION_DEPTH: ["levels of introspection", "Ask for each type by `__type(name)`."],
  MAX_ALIASES: ["aliases", PIECES],
  MAX_DIRECTIVES: ["directives", "Leave out the fields that are not wanted."],
  MAX_BREADTH: ["fields in one selection set", PIECES],
  MAX_FIELDS: ["fields, with those of all fragments where they are spread", PIECES],
  MAX_LIST_LENGTH: [
    "entries in one list or object of an argument or variable",
    "Ask with a part of them at a time.",
  ],
  MAX_INPUT_DEPTH: [
    "levels of lists and objects in an argument or variable",
    "No argument of this graph takes more than four.",
  ],
  MAX_ROWS: [
    "rows asked for",
    "Ask for fewer with `first`, above all in lists inside of lists, and read on with `after: pageInfo.endCursor`.",
  ],
};

/** LIMIT_EXCEEDED, with the limit by its setting, what it is, and how much there was where that is known. */
export function exceeded(limits: RequestLimits, limit: LimitName, value?: number): GatewayError {
  const [what, wayOut] = SENTENCES[limit];
  const max = limits[limit];
  const shown = value === undefined ? undefined : Math.min(Math.round(value), Number.MAX_SAFE_INTEGER);
  return new GatewayError(
    "LIMIT_EXCEEDED",
    `This has ${shown ?? `more than ${max}`} ${what}, and ${max} is the most (${limit}). ${wayOut}`,
    { limit, max, ...(shown === undefined ? {} : { value: shown }) },
  );
}

/** Throws for the first of the limits that is passed. */
export function keepWithin(
  limits: RequestLimits,
  values: Partial<Readonly<Record<LimitName, number>>>,
): void {
  for (const [limit, value] of Object.entries(values) as [LimitName, number][])
    if (value > limits[limit]) throw exceeded(limits, limit, value);
}
