import { InvalidArgumentError } from "commander";
import { ORGANIZATIONS, type OrganizationKind } from "../domain/organization.ts";

/** Reads a flag that takes a whole number. */
export function integerFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** The flag of commands that go through the organizations one by one. */
export const ORGANIZATION_OPTION = [
  "--organization <name>",
  "only this organization; by default every organization with a key",
  organizationFlag,
] as const;

function organizationFlag(name: string): OrganizationKind {
  const found = ORGANIZATIONS.find((each) => each.name === name);
  if (found !== undefined) return found.kind;
  throw new InvalidArgumentError(`It must be one of ${ORGANIZATIONS.map((each) => each.name).join(", ")}.`);
}
