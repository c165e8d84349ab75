import { expect, test } from "vitest";
import { acceptanceRate } from "../../src/domain/activity.ts";
import { parseDecimal } from "../../src/domain/decimal.ts";
import { emailKey } from "../../src/domain/organization.ts";

test("the acceptance rate is the accepted share of all proposals", () => {
  expect(acceptanceRate({ accepted: 3, rejected: 1 })).toEqual(parseDecimal("0.750000000000"));
  expect(acceptanceRate({ accepted: 0, rejected: 4 })).toEqual(parseDecimal("0.000000000000"));
});

test("the acceptance rate is unknown, not zero, where nothing was proposed", () => {
  expect(acceptanceRate({ accepted: 0, rejected: 0 })).toBeNull();
});

const none = new Map<string, string>();

test("emails differ by more than letter case", () => {
  expect(emailKey("Ada.L@Ternplover.Example", none)).toBe(emailKey("ada.l@ternplover.example", none));
  expect(emailKey("ada.l+x@ternplover.example", none)).not.toBe(emailKey("ada.l@ternplover.example", none));
});
