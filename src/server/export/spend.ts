import { emailOf, organizationOf } from "../../analytics/join.ts";
import { nameOf, organizationNamed } from "../../analytics/organizations.ts";
import { readSpend, type SpendLine, type SpendQuestion } from "../../analytics/spend.ts";
import type { Context } from "../../context.ts";
import type { ReportActor } from "../../domain/bucket.ts";
import { addDays, type Day, daysBetween } from "../../domain/day.ts";
import { formatDecimal } from "../../domain/decimal.ts";
import { modelFamily } from "../../domain/model.ts";
import { dollars, type MoneyAmount } from "../../domain/money.ts";
import type { Organization, OrganizationKind } from "../../domain/organization.ts";
import { daysIn } from "../../domain/range.ts";
import { inputTokens } from "../../domain/tokens.ts";
import {
  type CellKind,
  type CellValue,
  inTurns,
  type Reader,
  type Table,
  type TableColumn,
} from "./table.ts";

/** The organization of the spend. */
export interface Payer extends Organization {
  readonly kind: OrganizationKind;
}

/** A column, and what it says of a line of spend. `email` is the address of its person. */
export interface SpendColumn extends TableColumn {
  readonly of: (line: SpendLine, payer: Payer, email: string | null) => CellValue;
}

/** Spend in columns, one row a line. */
export interface SpendLayout {
  readonly columns: readonly SpendColumn[];
  /** True if a line has a row; may throw where it can have none. */
  readonly shows: (line: SpendLine) => boolean;
}

const columnOf =
  (kind: CellKind) =>
  (name: string, of: SpendColumn["of"]): SpendColumn => ({ name, kind, of });
export const textColumn = columnOf("text");
export const instantColumn = columnOf("instant");
export const countColumn = columnOf("count");
const dateColumn = columnOf("date");
export const amountColumn = (
  name: string,
  of: (line: SpendLine) => MoneyAmount | null | undefined,
): SpendColumn => ({
  name,
  kind: "amount",
  of: (line) => {
    const money = of(line);
    return money ? formatDecimal(dollars(money)) : null;
  },
});

export const COLUMNS = {
  email: (name: string) => textColumn(name, (_line, _payer, email) => email),
  account: (name: string) => textColumn(name, ({ actor }) => accountOf(actor)),
  product: (name: string) => textColumn(name, ({ product }) => product),
  model: (name: string) => textColumn(name, ({ model }) => model),
  family: (name: string) => textColumn(name, ({ model }) => model && modelFamily(model)),
  requests: (name: string) =>
    countColumn(name, ({ spend, tokens }) => spend?.requests ?? tokens?.requests ?? null),
  prompt: (name: string) => countColumn(name, ({ tokens }) => tokens && inputTokens(tokens)),
  completion: (name: string) => countColumn(name, ({ tokens }) => tokens?.outputTokens ?? null),
} as const;

/** The spend report of the product's own dashboard, column by column. */
export const SPEND: SpendLayout = {
  columns: [
    dateColumn("date", ({ day }) => day),
    textColumn("organization_id", (_, { organizationId }) => organizationId),
    COLUMNS.email("user_email"),
    COLUMNS.account("account_id"),
    COLUMNS.product("product"),
    COLUMNS.model("model"),
    COLUMNS.family("model_family"),
    COLUMNS.requests("requests"),
    COLUMNS.prompt("prompt_tokens"),
    COLUMNS.completion("completion_tokens"),
    amountColumn("net_usd", ({ spend }) => spend?.net),
    amountColumn("gross_usd", ({ spend }) => spend?.list),
  ],
  shows: () => true,
};

/** Key that distinguishes an identity; null where none is named. */
function accountOf(actor: ReportActor | null): string | null {
  switch (actor?.kind) {
    case undefined:
      return null;
    case "person":
      return actor.user.userId;
    case "serviceAccount":
      return actor.serviceAccountId;
    case "key":
      return actor.apiKeyId;
    case "federated":
      return [actor.provider, actor.account, actor.subject].filter((part) => part !== null).join(":");
    case "unknown":
      return actor.type;
  }
}

/** Age of no figures. */
const NO_AGE = { state: null, refreshedAt: null, asOf: null, stale: false } as const;

/** A file about no day, since all of them were final before. */
export function noDays({ columns }: SpendLayout, organization: string): Table {
  return {
    columns,
    isByDay: true,
    async *chunks() {
      const about = { organization, source: null, range: null, ...NO_AGE };
      yield { rows: [], next: null, about, window: null, done: 1 };
    },
  };
}

/** The answer to a question about spend in a layout, a day in a chunk. */
export function spendTable(reader: Reader, question: SpendQuestion, { columns, shows }: SpendLayout): Table {
  return {
    columns,
    isByDay: true,
    async *chunks(place) {
      const ctx = reader.context({ noStore: true });
      const spend = await readSpend(ctx, { ...question, ...(place === null ? {} : parsePlace(ctx, place)) });
      const { days, range, dataset: source } = spend;
      const organization = nameOf(ctx, spend.organization);
      try {
        const lookups = reader.context({});
        const payer = { ...(await organizationOf(lookups, spend.organization)), kind: spend.organization };
        const emails = new Emails(lookups, payer.kind);
        for await (const { day, lines, state, refreshedAt, asOf } of days) {
          const rows: CellValue[][] = [];
          for await (const part of inTurns(lines)) {
            const shown = part.filter(shows);
            await emails.lookUp(shown);
            for (const line of shown) {
              const email = emails.of(line);
              rows.push(columns.map(({ of }) => of(line, payer, email)));
            }
          }
          yield {
            rows,
            next: JSON.stringify([organization, spend.source, addDays(day, 1)]),
            about: { organization, source, range, state, refreshedAt, asOf, stale: false },
            window: day.slice(0, 7),
            done: (1 + daysBetween(range.from, day)) / daysIn(range),
          };
        }
        const nothing = { organization, source, range, ...NO_AGE };
        yield { rows: [], next: null, about: nothing, window: null, done: 1 };
      } finally {
        await days.return();
      }
    },
  };
}

/** The addresses of people. Figures that are kept for good do not go on naming people; the member list does. */
class Emails {
  readonly #ctx: Context;
  readonly #organization: OrganizationKind;
  readonly #known = new Map<string, string | null>();

  constructor(ctx: Context, organization: OrganizationKind) {
    this.#ctx = ctx;
    this.#organization = organization;
  }

  /** Looks up the people of lines that do not name them. */
  async lookUp(lines: readonly SpendLine[]): Promise<void> {
    const unknown = new Set<string>();
    for (const { actor } of lines) {
      if (actor?.kind !== "person" || actor.user.email !== undefined) continue;
      if (!this.#known.has(actor.user.userId)) unknown.add(actor.user.userId);
    }
    const organization = this.#organization;
    const found = [...unknown].map(async (userId) =>
      this.#known.set(userId, await emailOf(this.#ctx, { organization, userId })),
    );
    await Promise.all(found);
  }

  of({ actor }: SpendLine): string | null {
    if (actor?.kind !== "person") return null;
    const { email, userId } = actor.user;
    return email === undefined ? (this.#known.get(userId) ?? null) : email;
  }
}

/** The reports that answered, which go on answering, and the day they have got to. */
function parsePlace(ctx: Context, place: string): Omit<SpendQuestion, "range"> {
  const [organization, source, from] = JSON.parse(place) as [string, SpendQuestion["source"], Day];
  return { organization: organizationNamed(ctx, organization), source, from };
}
