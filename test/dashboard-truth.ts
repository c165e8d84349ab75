import { addDays, type Day, day, dayOf, type Instant, startOf } from "../src/domain/day.ts";
import { type DayRange, splitByDay } from "../src/domain/range.ts";
import { dayNumber } from "../src/sandbox/calendar.ts";
import { CODE_TOOLS, type CodeTool, type Fact, listUnits, netUnits } from "../src/sandbox/ledger/fact.ts";
import { SCALE } from "../src/sandbox/ledger/prices.ts";
import type { OrganizationKind } from "../src/sandbox/organization/directory.ts";
import type { Organization } from "../src/sandbox/organization.ts";
import { ledgerOf } from "./simulated.ts";

const HOUR_MS = 3_600_000;
export const FIRST = day("2026-01-01");

/** Exact counts and amounts of the simulated organization, straight from its base table, as they were known at an instant. */
export function truthAt(organization: Organization, now: Instant) {
  const ledger = ledgerOf(organization);
  const { enterprise, console: consoleOf } = organization.directories;

  /** Activity is aggregated at ten in the morning, exports are made every four hours, Claude Code is held back for one. */
  const aggregated = startOf(dayOf(now - 10 * HOUR_MS)) + 10 * HOUR_MS;
  const exported = now - (now % (4 * HOUR_MS));

  function facts(kind: OrganizationKind, { from, until }: DayRange, asOf: Instant): Fact[] {
    return [...ledger.facts(kind, { from: startOf(from), until: Math.min(startOf(until), asOf) }, asOf)];
  }

  /** What members did, whose accounts are not erased: upstream lists nobody else. */
  const listed = (range: DayRange) =>
    facts("enterprise", range, aggregated).filter(
      ({ person }) => person !== null && enterprise.account(organization.person(person), now).email !== null,
    );

  const personOf = ({ person }: Fact) => person as number;

  function chat(range: DayRange) {
    const did = listed(range).filter(({ engagement }) => engagement?.surface === "chat");
    const of = (fact: Fact) => fact.engagement as NonNullable<Fact["engagement"]>;
    return {
      conversations: different(did.map((fact) => of(fact).thread)),
      chatUsers: different(did.map(personOf)),
      messages: total(did, (fact) => of(fact).messages),
      projectsCreated: total(did, (fact) => of(fact).projectsCreated),
      projectCreators: different(did.filter((fact) => of(fact).projectsCreated > 0).map(personOf)),
      artifactsCreated: total(did, (fact) => of(fact).artifacts.length),
      artifactCreators: different(did.filter((fact) => of(fact).artifacts.length > 0).map(personOf)),
    };
  }

  function artifacts(range: DayRange) {
    const made = facts("enterprise", range, aggregated).filter(
      ({ engagement, person }) => person !== null && (engagement?.artifacts.length ?? 0) > 0,
    );
    return {
      created: total(made, ({ engagement }) => engagement?.artifacts.length ?? 0),
      creators: different(made.map(personOf)),
    };
  }

  /** Different members active in anything but Claude Tag on any of the days. */
  function active(days: readonly Day[]): number {
    const tag = 1 << 7;
    return Array.from({ length: organization.members }, (_, i) => organization.person(i)).filter((person) =>
      days.some(
        (each) => each >= FIRST && (ledger.activity(person, dayNumber(each), aggregated) & ~tag) !== 0,
      ),
    ).length;
  }

  /** Members by a count of their own, the highest first, ties by id. */
  function leaders(
    range: DayRange,
    count: (did: readonly Fact[]) => number,
  ): [userId: string, count: number][] {
    return [...Map.groupBy(listed(range), personOf)]
      .map(([person, did]): [string, number] => [enterprise.userId(person), count(did)])
      .filter(([, most]) => most > 0)
      .sort(descending);
  }

  /** Connectors or skills by the different people who used them, ties by name. */
  function used(range: DayRange, kind: "connector" | "skill"): [name: string, users: number][] {
    const things = organization.catalog[`${kind}s`];
    const did = facts("enterprise", range, aggregated).filter(
      ({ engagement, person }) => person !== null && engagement !== null && engagement[kind] !== null,
    );
    return [...Map.groupBy(did, ({ engagement }) => things[engagement?.[kind] ?? 0]?.key ?? "")]
      .map(([name, by]): [string, number] => [name, different(by.map(personOf))])
      .sort(descending);
  }

  function spend(range: DayRange) {
    const all = facts("enterprise", range, exported);
    const byModel = Map.groupBy(all, ({ rate }) => rate.model);
    const byPerson = Map.groupBy(
      all.filter(({ person }) => person !== null),
      ({ person }) => enterprise.userId(person as number),
    );
    return {
      total: sums(all),
      models: new Map([...byModel].map(([model, own]) => [model, sums(own)])),
      people: [...byPerson]
        .map(([userId, own]) => ({ userId, ...sums(own) }))
        .sort((a, b) => (a.net < b.net ? 1 : a.net > b.net ? -1 : 0)),
    };
  }

  /** The Console's Claude Code, as records: an actor, terminal, place, customer type and plan on a day. */
  function codeRecords(range: DayRange) {
    return splitByDay(range).flatMap((each) => {
      const did = facts("console", each, now - HOUR_MS).filter(({ code }) => code !== null);
      const records = Map.groupBy(did, ({ person, api, code }) =>
        JSON.stringify([person, api?.apiKey, code?.terminal, code?.remote, code?.customer, code?.plan]),
      );
      return [...records.values()].map((own) => {
        const [first] = own as [Fact, ...Fact[]];
        const address =
          first.person === null ? null : consoleOf.account(organization.person(first.person), now).email;
        return {
          date: each.from,
          email: address?.toLowerCase() ?? null,
          ...code(own),
          models: new Map(
            [...Map.groupBy(own, ({ rate }) => rate.model ?? "unknown")].map(([model, of]) => [
              model,
              estimate(of),
            ]),
          ),
        };
      });
    });
  }

  /** Members' Claude Code under their seat. */
  const memberCode = (range: DayRange) => {
    const did = listed(range).filter((fact) => fact.code !== null);
    return { ...code(did), users: different(did.map(personOf)) };
  };

  return {
    chat,
    artifacts,
    active,
    leaders,
    used,
    spend,
    codeRecords,
    memberCode,
    seats: organization.currentCount("enterprise", now),
    pendingInvites: organization.invites.enterprise.sent(now).filter(({ status }) => status === "pending")
      .length,
  };
}

export type CodeRecord = ReturnType<ReturnType<typeof truthAt>["codeRecords"]>[number];

/** Days that end with one. */
export function daysUntil(last: Day, count: number): Day[] {
  return Array.from({ length: count }, (_, i) => addDays(last, i + 1 - count));
}

function code(did: readonly Fact[]) {
  const tools = (what: "accepted" | "rejected") =>
    Object.fromEntries(
      CODE_TOOLS.map((tool) => [TOOLS[tool], total(did, (fact) => fact.code?.[what][tool] ?? 0)]),
    );
  return {
    sessions: different(did.map((fact) => fact.code?.session)),
    linesAdded: total(did, (fact) => fact.code?.linesAdded ?? 0),
    commits: total(did, (fact) => fact.code?.commits ?? 0),
    pullRequests: total(did, (fact) => fact.code?.pullRequests ?? 0),
    accepted: tools("accepted"),
    rejected: tools("rejected"),
  };
}

const TOOLS: Readonly<Record<CodeTool, string>> = {
  edit: "edit_tool",
  multiEdit: "multi_edit_tool",
  notebookEdit: "notebook_edit_tool",
  write: "write_tool",
};

/** Upstream's estimate: ten-thousandths of a cent at list price, what is left over cut off in each record. */
function estimate(did: readonly Fact[]): bigint {
  return sums(did).list / 10n ** BigInt(SCALE - 4);
}

/** Amounts in the ledger's units, 10^-SCALE of a cent. */
function sums(did: readonly Fact[]) {
  return {
    net: did.reduce((all, fact) => all + BigInt(netUnits(fact)), 0n),
    list: did.reduce((all, fact) => all + BigInt(listUnits(fact)), 0n),
    requests: total(did, ({ requests }) => requests),
  };
}

function different(values: readonly unknown[]): number {
  return new Set(values).size;
}

export function total<T>(rows: readonly T[], measure: (row: T) => number): number {
  return rows.reduce((all, row) => all + measure(row), 0);
}

function descending([a, most]: [string, number], [b, more]: [string, number]): number {
  return more - most || (a < b ? -1 : 1);
}
