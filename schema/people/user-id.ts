import type { Context } from "../../src/context.ts";
import type { Person } from "../../src/domain/person.ts";
import { badInput } from "../../src/errors.ts";
import { identityIn } from "../framework/measured-id.ts";

/** Prefix of ids of the Console. A person in both organizations has the Enterprise id, without a prefix. */
const CONSOLE_PREFIX = "console:";

export function formatUserId({ organization, userId }: Person): string {
  return organization === "ENTERPRISE" ? userId : CONSOLE_PREFIX + userId;
}

export function parseUserId(id: string): Person {
  const isOfConsole = id.startsWith(CONSOLE_PREFIX);
  const userId = isOfConsole ? id.slice(CONSOLE_PREFIX.length) : id;
  return { organization: isOfConsole ? "CONSOLE" : "ENTERPRISE", userId };
}

/** The bare id in a global one, for a list of the Enterprise organization. */
export function enterpriseIdIn(globalId: string, ctx: Context): string {
  const { organization, userId } = parseUserId(identityIn(globalId, "User", ctx));
  if (organization === "ENTERPRISE") return userId;
  throw badInput(
    "This id belongs to a person who is only in the Console; the list covers Enterprise members.",
  );
}
