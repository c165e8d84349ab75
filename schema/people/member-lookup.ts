import { organizationsOf } from "../../src/analytics/organizations.ts";
import type { Context } from "../../src/context.ts";
import type { Dataset } from "../../src/domain/dataset.ts";
import type { OrganizationKind } from "../../src/domain/organization.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { consoleMembers, enterpriseMembers } from "../../src/upstream/endpoints/members.ts";
import { type FieldRequests, requestsFor } from "../../src/upstream/plan.ts";

/** The look-up of members, in the organization that is asked first. */
export function memberLookup(ctx: Context): FieldRequests {
  return memberListRequests(organizationsOf(ctx)[0] ?? "ENTERPRISE");
}

export function memberListRequests(organization: OrganizationKind): FieldRequests {
  return requestsFor(organization === "ENTERPRISE" ? enterpriseMembers : consoleMembers, [{}]);
}

export const MEMBERS = ["ENTERPRISE_MEMBERS", "CONSOLE_MEMBERS"] as const satisfies readonly Dataset[];

/** Options of a field that looks someone up by an id of the Console. */
export const ofConsoleMembers = {
  sources: ["CONSOLE_MEMBERS"],
  requests: () => memberListRequests("CONSOLE"),
} as const satisfies FieldPlanOptions;

/** Options of a field that looks someone up by address, or by an id of either organization. */
export const ofMembers = {
  sources: MEMBERS,
  requests: (_input, ctx) => memberLookup(ctx),
} as const satisfies FieldPlanOptions;
