import { dataOf } from "./ask.ts";
import { post, type Range } from "./queries.ts";

/** The rows that the plain choice has in memory: those that the gateway serves, in the shape of the graph. */
export interface Rows {
  readonly people: readonly PersonRow[];
  readonly spend: readonly SpendRow[];
  readonly code: readonly CodeRow[];
  readonly cost: readonly CostRow[];
}

interface Amount {
  readonly usd: string;
}

export interface PersonRow {
  readonly id: string;
  readonly userId: string;
  readonly email: string | null;
  readonly activity: {
    readonly lastActiveOn: string | null;
    readonly webSearches: number;
    readonly chat: {
      readonly messages: number;
      readonly conversations: number | null;
      readonly thinkingMessages: number;
      readonly skillsUsed: number | null;
      readonly filesUploaded: number | null;
      readonly projectsUsed: number | null;
    };
    readonly claudeCode: {
      readonly sessions: number | null;
      readonly commits: number;
      readonly linesAdded: number;
    };
  };
}

export interface SpendRow {
  readonly userId: string;
  readonly net: Amount;
  readonly list: Amount;
}

export interface CodeRow {
  readonly userId: string;
  readonly sessions: number;
  readonly commits: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  readonly estimated: Amount | null;
}

export interface CostRow {
  /** RFC 3339. */
  readonly from: string;
  readonly model: string | null;
  readonly net: Amount;
  readonly list: Amount;
  readonly requests: number;
}

interface Connection<Row> {
  readonly nodes: readonly Row[];
}

type Stitched = PersonRow & {
  readonly cost: Omit<SpendRow, "userId"> | null;
  readonly claudeCode: Omit<CodeRow, "userId"> | null;
};

const PEOPLE = `query Rows($range: DateRange!) {
  users(range: $range, first: 1000) {
    nodes {
      id userId email
      activity {
        lastActiveOn webSearches
        chat { messages conversations thinkingMessages skillsUsed filesUploaded projectsUsed }
        claudeCode { sessions commits linesAdded }
      }
      cost { net { usd } list { usd } }
      claudeCode { sessions commits linesAdded linesRemoved estimated { usd } }
    }
  }
}`;

const COST = `query Rows($range: DateRange!) {
  cost(range: $range, bucket: DAY, groupBy: [MODEL], first: 5000) {
    nodes { from model net { usd } list { usd } requests }
  }
}`;

/** Reads the rows of the queries from a gateway. */
export async function readRows(
  gateway: string,
  {
    week,
    year,
    headers,
  }: { readonly week: Range; readonly year: Range; readonly headers: Readonly<Record<string, string>> },
): Promise<Rows> {
  const read = <Data>(document: string, range: Range) =>
    dataOf<Data>(gateway, post(document, { range: { between: range } }, headers));
  const { users } = await read<{ users: Connection<Stitched> }>(PEOPLE, week);
  const { cost } = await read<{ cost: Connection<CostRow> }>(COST, year);
  return {
    people: users.nodes.map(({ cost: _cost, claudeCode: _code, ...person }) => person),
    spend: users.nodes.flatMap(({ userId, cost: spend }) => (spend === null ? [] : [{ userId, ...spend }])),
    code: users.nodes.flatMap(({ userId, claudeCode }) =>
      claudeCode === null ? [] : [{ userId, ...claudeCode }],
    ),
    cost: cost.nodes,
  };
}
