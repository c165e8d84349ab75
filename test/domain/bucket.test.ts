import { expect, test } from "vitest";
import { type Dimensions, dimensionKey, NO_DIMENSIONS, type ReportUser } from "../../src/domain/bucket.ts";
import { UNASSIGNED } from "../../src/domain/team.ts";
import { dimensions, forAll } from "../arbitrary.ts";

const NAMES = Object.keys(NO_DIMENSIONS) as (keyof Dimensions)[];
const PERSON: ReportUser = { userId: "user_a", email: "a@ternplover.example", name: "A", deleted: false };

/** What a row is about: a person is the id, whatever else is said of them. */
function about(row: Dimensions) {
  const actor = row.actor?.kind === "person" ? { ...row.actor, user: row.actor.user.userId } : row.actor;
  return { ...row, user: row.user?.userId ?? null, actor };
}

test("rows have the same key when they are about the same thing, and only then", () => {
  forAll([dimensions, dimensions], (a, b) => {
    const same = JSON.stringify(about(a)) === JSON.stringify(about(b));
    expect(dimensionKey(a) === dimensionKey(b)).toBe(same);
  });
});

const ACTOR = { kind: "key", apiKeyId: "apikey_a" } as const;

/** Values of the dimensions that are more than text. */
const VALUES: Partial<Dimensions> = { user: { ...PERSON, userId: "x" }, actor: ACTOR, team: UNASSIGNED };

test.each(NAMES)("%s makes a difference", (name) => {
  expect(dimensionKey({ ...NO_DIMENSIONS, [name]: VALUES[name] ?? "x" })).not.toBe(
    dimensionKey(NO_DIMENSIONS),
  );
});

test("the same value means another thing in another dimension", () => {
  const keys = NAMES.map((name) => dimensionKey({ ...NO_DIMENSIONS, [name]: VALUES[name] ?? "x" }));
  expect(new Set(keys).size).toBe(NAMES.length);
});

test("a dimension without a value is not one named null or nothing", () => {
  for (const model of ["null", ""])
    expect(dimensionKey({ ...NO_DIMENSIONS, model })).not.toBe(dimensionKey(NO_DIMENSIONS));
});

test("a person stays the same when name, email or standing change", () => {
  const gone = { ...PERSON, email: null, name: null, deleted: true };
  expect(dimensionKey({ ...NO_DIMENSIONS, user: PERSON })).toBe(
    dimensionKey({ ...NO_DIMENSIONS, user: gone }),
  );
});
