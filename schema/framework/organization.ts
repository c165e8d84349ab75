import { contextFor } from "../../src/analytics/organizations.ts";
import type { Context } from "../../src/context.ts";
import { ORGANIZATIONS, type OrganizationKind } from "../../src/domain/organization.ts";
import { builder } from "./builder.ts";

const NAMES = ORGANIZATIONS.map(({ name }) => `\`${name}\``).join(" or ");

const NAMED =
  "Where the operator has named organizations, it takes their names (`organizations`), and several that could be meant without one are an error.";

/** Description of every argument that chooses an organization. */
export const ORGANIZATION_OF_FIGURES = `Organization of the figures: ${NAMES}. By default the one that this gateway has a key for; with several keys the first of these. ${NAMED}`;

/** The argument that names the organization of the figures. */
export const organizationArg = builder.args((t) => ({
  organization: t.string({ description: ORGANIZATION_OF_FIGURES }),
}));

function onlyArg(name: "enterprise" | "console") {
  return builder.args((t) => ({
    organization: t.string({
      description: `Organization of the figures. Only \`${name}\` has them, so it is the default; another name is an error that says so. ${NAMED}`,
    }),
  }));
}

/** The argument for figures that only Enterprise organizations have. */
export const enterpriseArg = onlyArg("enterprise");

/** The argument for figures that only Console organizations have. */
export const consoleArg = onlyArg("console");

/** The argument for a field that joins what the organizations of the same people report. */
export const tenantArg = builder.args((t) => ({
  organization: t.string({
    description: `Organization of the people and figures, together with the one that has the same people. ${NAMED}`,
  }),
}));

interface OrganizationArgs {
  readonly organization?: string | null | undefined;
}

function contextOfKind(kind: OrganizationKind | null, what?: string) {
  return {
    context: ({ organization: name }: OrganizationArgs, ctx: Context) =>
      contextFor(ctx, { name, kind, ...(what === undefined ? {} : { what }) }),
  };
}

/** Options of a field of the root that either kind of organization can answer. */
export const ofOrganization = contextOfKind(null);

/** Options of a field of the root that only Enterprise organizations can answer; `what` are its figures, as an error names them. */
export const ofEnterprise = (what: string) => contextOfKind("ENTERPRISE", what);

/** Options of a field of the root that only Console organizations can answer. */
export const ofConsole = (what: string) => contextOfKind("CONSOLE", what);
