import { InvalidArgumentError } from "commander";
import { organizationsOf } from "../analytics/organizations.ts";
import type { Context } from "../context.ts";
import type { OrganizationKind } from "../domain/organization.ts";

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
] as const;

/** Organizations of one tenant that a command goes through. */
interface Chosen {
  readonly ctx: Context;
  readonly organizations: readonly OrganizationKind[];
}

/** Returns the organizations with a key, or the one of a name, by tenant; null where no organization has the name, after printing why. */
export function chosenOrganizations(
  contexts: readonly Context[],
  name: string | undefined,
): readonly Chosen[] | null {
  const known = contexts.flatMap(({ upstream }) => upstream.tenant.organizations);
  if (name !== undefined && !known.some((each) => each.name === name)) {
    process.stderr.write(`--organization must be one of ${known.map((each) => each.name).join(", ")}.\n`);
    process.exitCode = 2;
    return null;
  }
  return contexts.map((ctx) => {
    const named = ctx.upstream.tenant.organizations.filter((each) => each.name === (name ?? each.name));
    const kinds = named.map(({ kind }) => kind);
    return { ctx, organizations: organizationsOf(ctx).filter((kind) => kinds.includes(kind)) };
  });
}
