import { memberOf } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import type { ReportUser } from "../../src/domain/bucket.ts";
import type { OrganizationKind } from "../../src/domain/organization.ts";
import { builder } from "../framework/builder.ts";

export const AccountStatusEnum = builder.enumType("AccountStatus", {
  description: "Status of an account.",
  values: {
    ACTIVE: { description: "A current member of the organization." },
    DEPARTED: { description: "Has left; the address is kept." },
    DELETED: { description: "The account is erased; name and address are gone." },
    UNKNOWN: { description: "Not a current member, and no report states why." },
  },
});

type AccountStatus = "ACTIVE" | "DEPARTED" | "DELETED" | "UNKNOWN";

/** The address of a person whom a report names, as it shows it; where that is too old to be shown, the member list's. */
export async function emailOfReported(
  ctx: Context,
  organization: OrganizationKind,
  { userId, email }: ReportUser,
): Promise<string | null> {
  return email === undefined ? ((await memberOf(ctx, { organization, userId }))?.email ?? null) : email;
}

/** The name of a person whom a report names, by the member list, else as the report shows it. */
export async function nameOfReported(
  ctx: Context,
  organization: OrganizationKind,
  { userId, name }: ReportUser,
): Promise<string | null> {
  return (await memberOf(ctx, { organization, userId }))?.name ?? name ?? null;
}

/** Status of the account of a person in a report. */
export async function statusOfReported(
  ctx: Context,
  organization: OrganizationKind,
  { userId, email, deleted }: ReportUser,
): Promise<AccountStatus> {
  if ((await memberOf(ctx, { organization, userId })) !== null) return "ACTIVE";
  if (!deleted) return "UNKNOWN";
  return email === null ? "DELETED" : "DEPARTED";
}
