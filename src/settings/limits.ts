import type { AuthConfig } from "./auth.ts";
import { byteSizeBetween, type Range, seconds, wholeNumber } from "./formats.ts";
import { optional, type Setting, type SettingFormat, type SettingsReader, setting } from "./setting.ts";

/** A limit on what one request holds, and what LIMIT_EXCEEDED says about it. */
interface RequestLimit<T, Name extends string> extends Setting<T, Name> {
  readonly format: SettingFormat<unknown> & { readonly range: Range };
  /** Noun after the number. */
  readonly counted: string;
  /** Alternatives that would work, in whole sentences. */
  readonly advice: string;
}

function limit<const Name extends string>(
  declaration: Pick<Setting<number, Name>, "name" | "default" | "meaning"> &
    Pick<RequestLimit<number, Name>, "counted" | "advice"> & {
      readonly format: SettingFormat<number> & { readonly range: Range };
    },
): RequestLimit<number, Name> {
  return { ...declaration, ...setting(declaration), format: declaration.format };
}

const SPLIT = "Send several operations, one after another.";

/** The limits on one request. With all of them at their minimum the query library still fits. */
export const REQUEST_LIMITS = {
  MAX_HEADER_BYTES: limit({
    name: "MAX_HEADER_BYTES",
    default: "32KiB",
    format: byteSizeBetween(2 ** 13, 2 ** 18, "32KiB"),
    meaning: "Maximum size of the URL and headers of a request together.",
    counted: "bytes in its URL and headers",
    advice:
      "Send fewer cookies, or a token with fewer groups or claims in it; the operator of the gateway can raise the limit.",
  }),
  MAX_BODY_BYTES: limit({
    name: "MAX_BODY_BYTES",
    default: "100KiB",
    format: byteSizeBetween(2 ** 12, 2 ** 24, "100KiB"),
    meaning: "Maximum size of a request body, variables included.",
    counted: "bytes in the body",
    advice: SPLIT,
  }),
  MAX_DOCUMENT_BYTES: limit({
    name: "MAX_DOCUMENT_BYTES",
    default: "20KiB",
    format: byteSizeBetween(2 ** 11, 2 ** 20, "20KiB"),
    meaning: "Maximum size of a document.",
    counted: "bytes in the document",
    advice: `Put values into variables. ${SPLIT}`,
  }),
  MAX_TOKENS: limit({
    name: "MAX_TOKENS",
    default: "2000",
    format: wholeNumber(200, 50_000),
    meaning: "Maximum number of tokens (names, values, brackets) in a document.",
    counted: "tokens in the document",
    advice: SPLIT,
  }),
  MAX_OPERATIONS: limit({
    name: "MAX_OPERATIONS",
    default: "10",
    format: wholeNumber(1, 100),
    meaning: "Maximum number of operations in a document, of which one runs.",
    counted: "operations in the document",
    advice: "Send only the one to run.",
  }),
  MAX_FRAGMENTS: limit({
    name: "MAX_FRAGMENTS",
    default: "50",
    format: wholeNumber(5, 1_000),
    meaning: "Maximum number of fragments in a document.",
    counted: "fragments in the document",
    advice: "Inline fragments that are spread once.",
  }),
  MAX_DEPTH: limit({
    name: "MAX_DEPTH",
    default: "12",
    format: wholeNumber(8, 50),
    meaning: "Maximum nesting depth of fields, through fragments too.",
    counted: "levels of fields",
    advice: "Query the inner ones by `node(id)`, or with a separate root field.",
  }),
  MAX_INTROSPECTION_DEPTH: limit({
    name: "MAX_INTROSPECTION_DEPTH",
    default: "15",
    format: wholeNumber(3, 50),
    meaning:
      "Maximum nesting depth below `__schema` and `__type`. GraphQL's own introspection query takes 15.",
    counted: "levels of introspection",
    advice: "Query each type with `__type(name)`.",
  }),
  MAX_ALIASES: limit({
    name: "MAX_ALIASES",
    default: "30",
    format: wholeNumber(5, 1_000),
    meaning: "Maximum number of aliases in an operation. Those of a fragment count for each spread.",
    counted: "aliases",
    advice: SPLIT,
  }),
  MAX_DIRECTIVES: limit({
    name: "MAX_DIRECTIVES",
    default: "30",
    format: wholeNumber(5, 1_000),
    meaning: "Maximum number of directives in an operation. Those of a fragment count for each spread.",
    counted: "directives",
    advice: "Leave out the fields that are not needed.",
  }),
  MAX_BREADTH: limit({
    name: "MAX_BREADTH",
    default: "200",
    format: wholeNumber(20, 1_000),
    meaning: "Maximum number of fields in one selection set, with those of the fragments in it.",
    counted: "fields in one selection set",
    advice: SPLIT,
  }),
  MAX_FIELDS: limit({
    name: "MAX_FIELDS",
    default: "1000",
    format: wholeNumber(100, 20_000),
    meaning: "Maximum number of fields in an operation. Those of a fragment count for each spread.",
    counted: "fields, with those of all fragments where they are spread",
    advice: SPLIT,
  }),
  MAX_LIST_LENGTH: limit({
    name: "MAX_LIST_LENGTH",
    default: "1000",
    format: wholeNumber(10, 100_000),
    meaning: "Maximum number of entries in one list or object of an argument or variable.",
    counted: "entries in one list or object of an argument or variable",
    advice: "Split the list over several operations.",
  }),
  MAX_INPUT_DEPTH: limit({
    name: "MAX_INPUT_DEPTH",
    default: "20",
    format: wholeNumber(5, 100),
    meaning: "Maximum nesting depth of lists and objects in an argument or variable.",
    counted: "levels of lists and objects in an argument or variable",
    advice: "No argument of this schema takes more than four.",
  }),
  MAX_ROWS: rowLimit(),
};

/** If it is not set, the limit on rows follows from MAX_FIRST. */
function rowLimit(): RequestLimit<number | null, "MAX_ROWS"> {
  const format = wholeNumber(1_000, 10_000_000);
  return {
    ...optional({
      name: "MAX_ROWS",
      whenUnset: "20000, or 20 times `MAX_FIRST` if that is more",
      format,
      meaning:
        "Maximum number of rows an operation may request. A list counts its `first`, and as many again for each field of its rows that is looked up upstream; nested lists multiply.",
    }),
    format,
    counted: "requested rows",
    advice:
      "Request fewer with `first`, especially in nested lists, and continue with `after: pageInfo.endCursor`.",
  };
}

export type LimitName = keyof typeof REQUEST_LIMITS;

export type RequestLimits = Readonly<Record<LimitName, number>>;

export const OPERATION_LIMITS = {
  operationTimeoutMs: setting({
    name: "OPERATION_TIMEOUT",
    default: "30",
    format: seconds(1, 600),
    meaning: "Time limit of one operation.",
  }),
  maxUpstreamRequests: setting({
    name: "MAX_UPSTREAM_REQUESTS",
    default: "60",
    format: wholeNumber(1, 100_000, "requests"),
    meaning: "Maximum number of upstream requests of one operation.",
  }),
  maxFirst: setting({
    name: "MAX_FIRST",
    default: "1000",
    format: wholeNumber(1, 100_000, "rows"),
    meaning: "Maximum value of `first`, the number of rows requested from a list.",
  }),
  maxConcurrent: setting({
    name: "MAX_CONCURRENT",
    default: "1000",
    format: wholeNumber(1, 100_000, "requests"),
    meaning:
      "Maximum number of requests answered at once. Files and pages take at most a quarter of them. Further requests get 503 with `retry-after`.",
  }),
};

export const CALLER_LIMITS = {
  requests: optional({
    name: "CALLER_REQUESTS_PER_MINUTE",
    whenUnset: "all that upstream allows; with `AUTH=none` unlimited",
    format: wholeNumber(1, 1_000_000, "requests"),
    meaning: "Upstream requests per minute of one caller, by token or else by address.",
  }),
  operations: optional({
    name: "CALLER_OPERATIONS_PER_MINUTE",
    whenUnset: "3000; with `AUTH=none` unlimited",
    format: wholeNumber(1, 1_000_000, "operations"),
    meaning: "Operations and files per minute of one caller.",
  }),
};

const CALLER_OPERATIONS_PER_MINUTE = 3_000;

/** Reads the limits on one request, one operation and one caller. */
export function limitsConfig(
  reader: SettingsReader,
  { auth, upstreamPerMinute }: { readonly auth: AuthConfig; readonly upstreamPerMinute: number },
) {
  const operation = reader.readAll(OPERATION_LIMITS);
  const request = reader.readAll(REQUEST_LIMITS);
  const caller = reader.readAll(CALLER_LIMITS);
  // Behind a proxy all callers share one address unless they authenticate.
  const byDefault = (value: number) => (auth.kind === "none" ? null : value);
  return Object.freeze({
    ...operation,
    request: {
      ...request,
      MAX_ROWS: request.MAX_ROWS ?? Math.max(20_000, 20 * operation.maxFirst),
    } satisfies RequestLimits,
    /** Null: unlimited. */
    caller: {
      requests: caller.requests ?? byDefault(upstreamPerMinute),
      operations: caller.operations ?? byDefault(CALLER_OPERATIONS_PER_MINUTE),
    },
  });
}

export type LimitsConfig = ReturnType<typeof limitsConfig>;

/** A limit of this gateway as clients read it. */
export interface StatedLimit {
  /** The setting. */
  readonly name: string;
  readonly value: number;
  readonly meaning: string;
}

/** The limits that a client can meet. */
export function statedLimits({
  request,
  caller,
  maxFirst,
  maxUpstreamRequests,
}: LimitsConfig): StatedLimit[] {
  const stated = ({ name, meaning }: Setting<unknown>, value: number | null): StatedLimit[] =>
    value === null ? [] : [{ name, value, meaning }];
  return [
    ...Object.values(REQUEST_LIMITS).flatMap((each) => stated(each, request[each.name])),
    ...stated(OPERATION_LIMITS.maxFirst, maxFirst),
    ...stated(OPERATION_LIMITS.maxUpstreamRequests, maxUpstreamRequests),
    ...stated(CALLER_LIMITS.requests, caller.requests),
    ...stated(CALLER_LIMITS.operations, caller.operations),
  ];
}
