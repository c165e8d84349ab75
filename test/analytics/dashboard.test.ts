import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeDay, codeLeaders } from "../../src/analytics/dashboard-code.ts";
import { chatFigures, leaders } from "../../src/analytics/dashboard-people.ts";
import type { UserActivityRow } from "../../src/domain/activity.ts";
import type { ClaudeCodeRecord } from "../../src/domain/claude-code.ts";
import { addDays, day } from "../../src/domain/day.ts";
import { compare, type Decimal, decimalOf, sum } from "../../src/domain/decimal.ts";
import { decimals, forAllAsync } from "../arbitrary.ts";

const NO_ALIASES = new Map<string, string>();

const counts = fc.nat(1_000);

/** People with figures of chat; of everything else they have none. */
const people = fc.array(
  fc
    .tuple(fc.uuid(), counts, counts, fc.nat(2), fc.nat(2))
    .map(([userId, conversations, messages, projectsCreated, artifactsCreated]) => ({
      userId,
      chat: { conversations, messages, projectsCreated, artifactsCreated },
      chatCowork: null,
    })),
  { maxLength: 30 },
) as unknown as fc.Arbitrary<readonly UserActivityRow[]>;

const FIRST = day("2026-11-01");

const records = fc.array(
  fc.tuple(fc.nat(5), fc.nat(2), counts, decimals).map(
    ([person, after, linesAdded, cents]): ClaudeCodeRecord => ({
      date: addDays(FIRST, after),
      actor:
        person === 0
          ? { kind: "apiKey", name: "key" }
          : { kind: "user", email: `P${person}@ternplover.example` },
      organizationId: "org",
      customerType: "api",
      terminalType: null,
      subscriptionType: null,
      isRemote: null,
      sessions: 1,
      commits: 0,
      pullRequests: 0,
      linesAdded,
      linesRemoved: 0,
      toolActions: [{ tool: "edit_tool", accepted: linesAdded, rejected: 1 }],
      models: [
        {
          model: `model-${person % 2}`,
          inputTokens: 0,
          outputTokens: 0,
          cacheReadTokens: 0,
          cacheCreationTokens: 0,
          estimated: { cents, currency: "USD" },
        },
      ],
    }),
  ),
  { maxLength: 30 },
);

const turn = () => Promise.resolve();

describe("figures of chat", () => {
  test("of all people are the sums of those of any two halves", async () => {
    await forAllAsync([people, people], async (some, others) => {
      const [a, b, all] = [
        await chatFigures(some, turn),
        await chatFigures(others, turn),
        await chatFigures([...some, ...others], turn),
      ];
      for (const key of Object.keys(all) as (keyof typeof all)[])
        expect(all[key]).toBe((a[key] ?? 0) + (b[key] ?? 0));
    });
  });

  test("never have more people than there are, nor more than what they made", async () => {
    await forAllAsync([people], async (rows) => {
      const {
        conversations,
        chatUsers,
        projectsCreated,
        projectCreators,
        artifactsCreated,
        artifactCreators,
      } = await chatFigures(rows, turn);
      expect(chatUsers).toBeLessThanOrEqual(Math.min(rows.length, conversations ?? 0));
      expect(projectCreators).toBeLessThanOrEqual(Math.min(rows.length, projectsCreated));
      expect(artifactCreators).toBeLessThanOrEqual(Math.min(rows.length, artifactsCreated));
    });
  });
});

test("leaders are ten at most, in order, and no person left out has more", async () => {
  await forAllAsync([people], async (rows) => {
    const messages = (row: UserActivityRow) => row.chat.messages;
    const top = await leaders(rows, messages, turn);
    const all = rows.map(messages).filter((count) => count > 0);
    expect(top.map(({ count }) => count)).toEqual(all.sort((a, b) => b - a).slice(0, 10));
  });
});

describe("a day of Claude Code", () => {
  const cents = (own: readonly ClaudeCodeRecord[]): Decimal =>
    sum(own.flatMap(({ models }) => models.map(({ estimated }) => estimated.cents)));

  test("costs what its records do, to the last digit, however they are ordered", async () => {
    await forAllAsync([records], async (own) => {
      const figures = await codeDay(FIRST, "FINAL", own, NO_ALIASES, turn);
      expect(compare(figures.estimated.cents, cents(own))).toBe(0);
      const backwards = await codeDay(FIRST, "FINAL", own.toReversed(), NO_ALIASES, turn);
      expect(compare(backwards.estimated.cents, figures.estimated.cents)).toBe(0);
      expect(backwards.costPerUser).toEqual(figures.costPerUser);
    });
  });

  test("has a cost per user where there is one, without keys", async () => {
    await forAllAsync([records], async (own) => {
      const { people: users, costPerUser } = await codeDay(FIRST, "FINAL", own, NO_ALIASES, turn);
      const byPeople = own.filter(({ actor }) => actor.kind === "user");
      expect(costPerUser === null).toBe(byPeople.length === 0);
      const without = await codeDay(FIRST, "FINAL", byPeople, NO_ALIASES, turn);
      expect(costPerUser).toEqual(without.costPerUser);
      if (users === 1) {
        const [only, exact] = [costPerUser?.cents as Decimal, cents(byPeople)];
        const off = sum([only, { ...exact, units: -exact.units }]);
        const half = { units: 5n, scale: 7 };
        expect(compare({ ...off, units: off.units < 0n ? -off.units : off.units }, half)).toBeLessThanOrEqual(
          0,
        );
      }
    });
  });

  test("has a leaderboard of its people by address, letter case aside", async () => {
    await forAllAsync([records], async (own) => {
      const range = { from: FIRST, until: addDays(FIRST, 3) };
      const figures = { range, records: own, aliases: NO_ALIASES };
      const board = await codeLeaders(figures, ({ linesAdded }) => decimalOf(linesAdded), turn);
      const byPeople = own.filter(({ actor, linesAdded }) => actor.kind === "user" && linesAdded > 0);
      expect(new Set(board.map(({ email }) => email))).toEqual(
        new Set(byPeople.map(({ actor }) => actor.kind === "user" && actor.email.toLowerCase())),
      );
      expect(board.reduce((all, { linesAdded }) => all + linesAdded, 0)).toBe(
        byPeople.reduce((all, { linesAdded }) => all + linesAdded, 0),
      );
    });
  });
});
