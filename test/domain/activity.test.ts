import { expect, test } from "vitest";
import { acceptanceRate } from "../../src/domain/activity.ts";
import { emailKey } from "../../src/domain/organization.ts";

test("the acceptance rate is the accepted share of all proposals", () => {
  expect(acceptanceRate({ accepted: 3, rejected: 1 })).toBe(0.75);
  expect(acceptanceRate({ accepted: 0, rejected: 4 })).toBe(0);
});

test("the acceptance rate is unknown, not zero, where nothing was proposed", () => {
  expect(acceptanceRate({ accepted: 0, rejected: 0 })).toBeNull();
});

const none = new Map<string, string>();

test("emails differ by more than letter case", () => {
  expect(emailKey("Ada.L@Ternplover.Example", none)).toBe(emailKey("ada.l@ternplover.example", none));
  expect(emailKey("ada.l+x@ternplover.example", none)).not.toBe(emailKey("ada.l@ternplover.example", none));
});
