/** The bounds on what one request may hold, by the settings that state them: default and meaning. */
export const LIMITS = {
  MAX_HEADER_BYTES: ["32KiB", "the longest URL and headers of a request together, such as 32KiB"],
  MAX_BODY_BYTES: ["100KiB", "the largest body of a request, variables included, such as 100KiB"],
  MAX_DOCUMENT_BYTES: ["20KiB", "the longest document, such as 20KiB"],
  MAX_TOKENS: ["2000", "the most tokens (names, values, brackets) in a document"],
  MAX_OPERATIONS: ["10", "the most operations in a document, of which one is run"],
  MAX_FRAGMENTS: ["50", "the most fragments in a document"],
  MAX_DEPTH: ["12", "how deep fields may be nested, through fragments too"],
  MAX_INTROSPECTION_DEPTH: [
    "15",
    "the same for what is below __schema and __type, where GraphQL's own introspection query takes 15",
  ],
  MAX_ALIASES: ["30", "the most aliases in an operation, those of a fragment counted each time it is spread"],
  MAX_DIRECTIVES: ["30", "the most directives in an operation, counted in the same way"],
  MAX_BREADTH: ["200", "the most fields in one selection set, with those of the fragments in it"],
  MAX_FIELDS: ["1000", "the most fields in an operation, those of a fragment counted each time it is spread"],
  MAX_LIST_LENGTH: ["1000", "the most entries in one list or object of an argument or a variable"],
  MAX_INPUT_DEPTH: ["20", "how deep lists and objects may be nested in an argument or a variable"],
  MAX_ROWS: [
    "",
    "the most rows an operation may ask for: each list's `first`, and as many again for each field of its rows that is looked up upstream, multiplied by those of the lists it is in; 20000, or 20 times MAX_FIRST where that is more, if not set",
  ],
} as const satisfies Record<string, readonly [byDefault: string, meaning: string]>;

export type LimitName = keyof typeof LIMITS;

export type RequestLimits = Readonly<Record<LimitName, number>>;

/** What each can be set to. At the least of all of them the query library still fits. */
export const LIMIT_RANGES: Readonly<Record<LimitName, readonly [least: number, most: number]>> = {
  MAX_HEADER_BYTES: [2 ** 13, 2 ** 18],
  MAX_BODY_BYTES: [2 ** 12, 2 ** 24],
  MAX_DOCUMENT_BYTES: [2 ** 11, 2 ** 20],
  MAX_TOKENS: [200, 20_000],
  MAX_OPERATIONS: [1, 100],
  MAX_FRAGMENTS: [5, 1_000],
  MAX_DEPTH: [8, 50],
  MAX_INTROSPECTION_DEPTH: [3, 50],
  MAX_ALIASES: [5, 1_000],
  MAX_DIRECTIVES: [1, 1_000],
  MAX_BREADTH: [20, 1_000],
  MAX_FIELDS: [100, 10_000],
  MAX_LIST_LENGTH: [10, 100_000],
  MAX_INPUT_DEPTH: [5, 100],
  MAX_ROWS: [1_000, 10_000_000],
};

/** A bound of this gateway as a client may read it. */
export interface StatedLimit {
  /** The setting. */
  readonly name: string;
  readonly value: number;
  readonly meaning: string;
}
