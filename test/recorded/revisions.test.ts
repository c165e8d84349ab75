import { describe, expect, test } from "vitest";
import { decodeEntry } from "../../src/cache/entry.ts";
import { type Instant, rfc3339 } from "../../src/domain/day.ts";
import { compare, parseDecimal, plus } from "../../src/domain/decimal.ts";
import { memoryArchive } from "../memory-archive.ts";
import { BEGIN, DAYS, HOUR_MS, world } from "./world.ts";

const DAILY = (more = "") =>
  `cost(${DAYS}, bucket: DAY, first: 1000${more}) { changedDays nodes { from state net { cents } } }`;
const REVISIONS = `revisions(${DAYS}, first: 1000) { source totalCount freshness { state } nodes {
  day observedAt refreshedAt state before { net { cents } } after { net { cents } } netChange { cents }
  parts { product model before { net { cents } } after { net { cents } } } } }`;

interface Row {
  readonly from: string;
  readonly state: string;
  readonly net: { readonly cents: string };
}

interface RevisionNode {
  readonly day: string;
  readonly observedAt: string;
  readonly before: { readonly net: { readonly cents: string } };
  readonly after: { readonly net: { readonly cents: string } };
  readonly netChange: { readonly cents: string };
  readonly parts: readonly {
    readonly before: RevisionNode["before"] | null;
    readonly after: RevisionNode["before"] | null;
  }[];
}

const dayOfRow = ({ from }: Row) => from.slice(0, 10);
const number = (cents = "0") => {
  const decimal = parseDecimal(cents);
  if (decimal === null) throw new Error(`not an amount: ${cents}`);
  return decimal;
};

/** Reads the days at several instants, each with a record of what was read. */
async function history(instants: readonly Instant[]) {
  const archive = memoryArchive();
  const made = world({ archive, sandbox: { users: 60, seed: 2 } });
  const read: (readonly Row[])[] = [];
  for (const instant of instants) {
    made.at(instant);
    read.push((await made.ask(`{ ${DAILY()} }`)).data.cost.nodes);
    await made.app.record();
  }
  return { ...made, archive, read };
}

const INSTANTS = Array.from({ length: 8 }, (_, i) => BEGIN + i * 31 * HOUR_MS);

describe("revisions", () => {
  test("are the differences between what was answered, each with the instant it was first seen", async () => {
    const { ask, read, requestsOf } = await history(INSTANTS);
    const [{ data, errors }, requests] = await requestsOf(() => ask(`{ ${REVISIONS} }`));
    expect([errors, requests]).toEqual([undefined, []]);
    const expected = read.flatMap((rows, i) =>
      rows.flatMap((row) => {
        const before = read[i - 1]?.find(({ from }) => from === row.from);
        if (before === undefined || before.state === "OPEN" || before.net.cents === row.net.cents) return [];
        const observedAt = rfc3339(INSTANTS[i] ?? 0);
        return [{ day: dayOfRow(row), observedAt, before: { net: before.net }, after: { net: row.net } }];
      }),
    );
    const found: readonly RevisionNode[] = data.revisions.nodes;
    expect(expected.length).toBeGreaterThan(1);
    expect(found.map(({ day, observedAt, before, after }) => ({ day, observedAt, before, after }))).toEqual(
      expected.toSorted((a, b) => `${a.day} ${a.observedAt}`.localeCompare(`${b.day} ${b.observedAt}`)),
    );
    for (const { before, after, netChange, parts } of found) {
      expect(compare(plus(number(before.net.cents), number(netChange.cents)), number(after.net.cents))).toBe(
        0,
      );
      const sumOf = (side: "before" | "after") =>
        parts.reduce((sum, part) => plus(sum, number(part[side]?.net.cents)), number());
      const change = plus(sumOf("after"), { ...sumOf("before"), units: -sumOf("before").units });
      expect(Number(change.units) / 10 ** change.scale).toBeCloseTo(Number(netChange.cents), 9);
    }

    const since = INSTANTS[4] ?? 0;
    const later = await ask(`{ ${REVISIONS.replace("first:", `since: "${rfc3339(since)}", first:`)} }`);
    expect(later.data.revisions.nodes).toEqual(found.filter(({ observedAt }) => observedAt > rfc3339(since)));
  });

  test("and records are of products and models alone, and name no person", async () => {
    const { archive, organization } = await history(INSTANTS.slice(0, 2));
    const texts: string[] = [];
    for (const [log, lines] of archive.logs)
      for (const [name, line] of lines) {
        const entry = await decodeEntry(`${log} ${name}`, line);
        texts.push(log, name, entry?.body ?? Buffer.from(line).toString());
      }
    const said = texts.join("\n");
    expect(said).toContain("claude");
    const people = Array.from({ length: organization.members }, (_, i) =>
      organization.directories.enterprise.account(organization.person(i), BEGIN),
    );
    for (const { id, email, name } of people)
      for (const text of [id, email, name]) if (text !== null) expect(said).not.toContain(text);
  });

  test("are refused to callers without spend:read, and NOT_RECORDED without a store that lasts", async () => {
    const { ask } = world();
    expect((await ask(`{ ${REVISIONS} }`)).errors?.[0]?.extensions.code).toBe("NOT_RECORDED");
    const future = `revisions(${DAYS}, since: "2030-01-01T00:00:00Z") { totalCount }`;
    expect((await ask(`{ ${future} }`)).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });
});

describe("days that changed since an instant", () => {
  test("are those with other figures, or final since; the others are left out, and the days are listed", async () => {
    const { ask, read, at, app } = await history(INSTANTS);
    at(BEGIN + 50 * 24 * HOUR_MS);
    const { data: now } = await ask(`{ ${DAILY()} }`);
    await app.record();
    const rows: readonly Row[] = now.cost.nodes;
    for (const [i, before] of read.entries()) {
      const { data } = await ask(`{ ${DAILY(`, changedSince: "${rfc3339(INSTANTS[i] ?? 0)}"`)} }`);
      const changed = rows.filter((row) => {
        const was = before.find(({ from }) => from === row.from);
        return was?.net.cents !== row.net.cents || (row.state === "FINAL" && was.state !== "FINAL");
      });
      expect(data.cost.nodes).toEqual(changed);
      expect(data.cost.changedDays).toEqual(expect.arrayContaining(changed.map(dayOfRow)));
    }
  });

  test("leave out days without a change, and include each of which it is not known", async () => {
    const { ask, at } = await history(INSTANTS);
    at((INSTANTS.at(-1) ?? 0) + HOUR_MS);
    const daysOf = async (since: Instant, more = "") => {
      const { data, errors } = await ask(`{ ${DAILY(`, changedSince: "${rfc3339(since)}"${more}`)} }`);
      expect(errors).toBeUndefined();
      return data.cost.changedDays as readonly string[];
    };
    const known = await daysOf(INSTANTS.at(-1) ?? 0);
    const all = await daysOf(BEGIN - HOUR_MS); // before anything was read
    expect(known).toEqual([]);
    expect(all).toHaveLength(14);
    expect(await daysOf(INSTANTS.at(-1) ?? 0, ", groupBy: [USER]")).toEqual(all);
    const { errors } = await ask(`{ cost(${DAYS}, changedSince: "${rfc3339(BEGIN)}") { changedDays } }`);
    expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });
});

describe("a process that ends at any write", () => {
  test.each([0, 1, 2, 3, 4, 5])(
    "after %i writes: what was answered is answered again, or NOT_RECORDED",
    async (writes) => {
      const archive = memoryArchive();
      let done = 0;
      let isKilled = false;
      const killed = {
        ...archive,
        append: async (...args: Parameters<typeof archive.append>) => {
          if (isKilled || done === writes) {
            isKilled = true;
            throw new Error("killed");
          }
          done++;
          await archive.append(...args);
        },
      };
      const answers: { readonly instant: Instant; readonly data: unknown; readonly isRecorded: boolean }[] =
        [];
      const first = world({ archive: killed });
      for (const instant of INSTANTS.slice(0, 3)) {
        first.at(instant);
        const { data } = await first.ask(`{ ${DAILY()} }`);
        if (isKilled) break; // before the answer was sent
        await first.app.record();
        answers.push({ instant, data, isRecorded: !isKilled });
        if (isKilled) break;
      }
      expect(isKilled).toBe(true);
      const next = world({ archive });
      for (const instant of INSTANTS.slice(3, 5)) {
        next.at(instant);
        const { data } = await next.ask(`{ ${DAILY()} }`);
        await next.app.record();
        answers.push({ instant, data, isRecorded: true });
      }
      next.at(INSTANTS[7] ?? 0);
      for (const { instant, data, isRecorded } of answers) {
        const again = await next.ask(`{ ${DAILY(`, asOf: "${rfc3339(instant)}"`)} }`);
        if (isRecorded) expect(again.errors).toBeUndefined();
        if (again.errors === undefined) expect(again.data).toEqual(data);
        else expect(again.errors[0]?.extensions.code).toBe("NOT_RECORDED");
      }
    },
  );
});
