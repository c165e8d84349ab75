import type { Context } from "../../src/context.ts";
import type { ClaudeCodeRecord as RecordShape } from "../../src/domain/claude-code.ts";
import { type Aliases, emailKey } from "../../src/domain/organization.ts";
import { builder } from "../framework/builder.ts";
import { refuseProbing, requirePermission } from "../framework/permission.ts";

export const ClaudeCodeFilter = builder.inputType("ClaudeCodeFilter", {
  description:
    "Filter of records: matches any value of each list and all lists. The gateway filters, since upstream cannot.",
  fields: (t) => ({
    emails: t.stringList({
      requires: ["individuals"],
      description: "Addresses of people, ignoring case. An alias stands for all addresses of its person.",
    }),
    customerTypes: t.stringList({ description: "How the usage is paid, such as `api` or `subscription`." }),
    terminalTypes: t.stringList({
      requires: ["individuals"],
      description: "Names of terminals or editors.",
    }),
    isRemote: t.boolean({ description: "Only remote, or only local, sessions." }),
  }),
});

/** The lists of the filter. */
export const RECORD_FILTERS = [
  "emails",
  "customerTypes",
  "terminalTypes",
] as const satisfies (keyof RecordFilter)[];

/** Throws where the filter looks for people that the viewer does not see by address, or by what one of them alone may use. */
export function refuseStrangers(ctx: Context, filter: RecordFilter | null | undefined): void {
  const emails = filter?.emails ?? [];
  if (emails.length > 0) requirePermission(ctx, "individuals", "`filter.emails`");
  if (filter?.terminalTypes) requirePermission(ctx, "individuals", "`filter.terminalTypes`");
  for (const email of emails) refuseProbing(ctx, email);
}

/** Values of a filter of records. */
export interface RecordFilter {
  readonly emails?: readonly string[] | null | undefined;
  readonly customerTypes?: readonly string[] | null | undefined;
  readonly terminalTypes?: readonly string[] | null | undefined;
  readonly isRemote?: boolean | null | undefined;
}

/** Returns a test for the records that a filter matches. */
export function keeps(
  { emails, customerTypes, terminalTypes, isRemote }: RecordFilter,
  aliases: Aliases,
): (record: RecordShape) => boolean {
  const keys = emails && new Set(emails.map((email) => emailKey(email, aliases)));
  return (record) =>
    (!keys || (record.actor.kind === "user" && keys.has(emailKey(record.actor.email, aliases)))) &&
    (!customerTypes || customerTypes.includes(record.customerType)) &&
    (!terminalTypes || (record.terminalType !== null && terminalTypes.includes(record.terminalType))) &&
    (isRemote === null || isRemote === undefined || record.isRemote === isRemote);
}
