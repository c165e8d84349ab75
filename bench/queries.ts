import type { Call } from "./load.ts";

/** The clock of every run: all of November 2026 is final, the last days of December are not. */
export const CLOCK = "2026-12-31T12:00:00Z";

/** Members of the simulated organization, unless a subject measures their number. */
export const USERS = 1_000;

export interface Range {
  readonly from: string;
  readonly until: string;
}

/** A question that the gateway and the plain choice both answer, with the same text. */
export interface Query {
  readonly name: string;
  readonly title: string;
  readonly document: string;
  /** Rows of its page. */
  readonly first: number;
  /** Days whose figures never change again. */
  readonly final: Range;
  /** Days of which the newest can still change. */
  readonly fresh: Range;
  /** The fewest upstream requests that can answer it from nothing, for 1,000 members and the final range. */
  readonly minimumRequests: number;
  /** The request needs ids from the first page of the list, so it cannot be sent before that is there. */
  readonly needsList: (path: string) => boolean;
  /** The list that its pages continue, for a full reading of its places. */
  readonly list: "users" | "cost";
  /** Places to begin at that leave a whole page; the first only, where the page is all there is. */
  readonly places: number;
}

/** The final days of the queries about people. */
export const WEEK = { from: "2026-11-02", until: "2026-11-09" };
/** The final days of the query about eleven months. */
export const YEAR = { from: "2026-01-01", until: "2026-12-01" };
const NEWEST_WEEK = { from: "2026-12-22", until: "2026-12-29" };

export const QUERIES: readonly Query[] = [
  {
    name: "people",
    title: "100 people, 14 fields",
    document: `query People($range: DateRange!, $first: Int!, $after: String) {
      users(range: $range, first: $first, after: $after) {
        nodes {
          id userId email
          activity {
            lastActiveOn webSearches
            chat { messages conversations thinkingMessages skillsUsed filesUploaded projectsUsed }
            claudeCode { sessions commits linesAdded }
          }
        }
      }
    }`,
    first: 100,
    final: WEEK,
    fresh: NEWEST_WEEK,
    minimumRequests: 1,
    needsList: () => false,
    list: "users",
    places: 700,
  },
  {
    name: "stitched",
    title: "100 people with activity, cost and Claude Code",
    document: `query Stitched($range: DateRange!, $first: Int!, $after: String) {
      users(range: $range, first: $first, after: $after) {
        nodes {
          email
          activity { lastActiveOn chat { messages conversations } }
          cost { net { usd } list { usd } }
          claudeCode { sessions commits linesAdded linesRemoved estimated { usd } }
        }
      }
    }`,
    first: 100,
    final: WEEK,
    fresh: NEWEST_WEEK,
    minimumRequests: 9, // the list, the cost of its people, and Claude Code day by day
    needsList: (path) => path.includes("/user_cost_report"), // the list shows whether the whole report fits into a page
    list: "users",
    places: 700,
  },
  {
    name: "year",
    title: "eleven months of daily cost by model",
    document: `query Year($range: DateRange!, $first: Int!, $after: String) {
      cost(range: $range, bucket: DAY, groupBy: [MODEL], first: $first, after: $after) {
        nodes { from model net { usd } list { usd } requests }
      }
    }`,
    first: 5_000, // all of them
    final: YEAR,
    fresh: { from: "2026-01-01", until: "2026-12-30" },
    minimumRequests: 11,
    needsList: () => false,
    list: "cost",
    places: 1,
  },
];

/** Settings that let the gateway answer the queries whole. */
export const QUERY_SETTINGS = { MAX_FIRST: "5000", MAX_ROWS: "10000000" } as const;

export interface Variables {
  readonly range: { readonly between: Range };
  readonly first: number;
  readonly after?: string;
}

export const finalVariables = ({ final, first }: Query): Variables => ({ range: { between: final }, first });
export const freshVariables = ({ fresh, first }: Query): Variables => ({ range: { between: fresh }, first });

/**
 * Variables that differ from request to request and ask for equally many rows on average: other places of the list, and a `first`
 * that varies by a few rows. They repeat after thousands of requests.
 */
export function changingVariables(query: Query, cursors: readonly string[]): (i: number) => Variables {
  const base = finalVariables(query);
  if (query.places === 1) return (i) => ({ ...base, first: query.first - (i % 3_000) });
  return (i) => {
    const after = cursors[i % cursors.length];
    const first = query.first - SPREAD + (Math.floor(i / cursors.length) % (2 * SPREAD + 1));
    return after === undefined ? { ...base, first } : { ...base, first, after };
  };
}

const SPREAD = 9;

/** The question that reads a list's cursors. */
export function cursorsDocument({ list }: Query): string {
  const more = list === "cost" ? ", bucket: DAY, groupBy: [MODEL]" : "";
  return `query Cursors($range: DateRange!, $first: Int!) { ${list}(range: $range, first: $first${more}) { edges { cursor } } }`;
}

export function post(
  document: string,
  variables: object,
  headers: Readonly<Record<string, string>> = {},
): Call {
  return {
    path: "/graphql",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query: document, variables }),
  };
}

export function get(
  document: string,
  variables: object,
  headers: Readonly<Record<string, string>> = {},
): Call {
  const parameters = new URLSearchParams({ query: document, variables: JSON.stringify(variables) });
  return { method: "GET", path: `/graphql?${parameters}`, headers };
}
