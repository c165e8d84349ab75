import type { TeamUse } from "../../src/analytics/team-use.ts";
import { decimalOf } from "../../src/domain/decimal.ts";
import { ratio } from "../../src/domain/measures.ts";
import { builder } from "../framework/builder.ts";
import { TeamType } from "../people/team.ts";

export const TeamUseType = builder.objectRef<TeamUse>("TeamUse").implement({
  description:
    "The use of one thing by the members of one team over a range. Rows of two teams can count the same people.",
  fields: (t) => ({
    team: t.field({ type: TeamType, description: "The team.", resolve: ({ placement }) => ({ placement }) }),
    users: t.expose("users", {
      type: "Count",
      nullable: true,
      description:
        "Different members who used it. Each person counts once over the range; exact; not additive over days or teams. Null: use that upstream links to no member.",
    }),
    adoption: t.field({
      type: "Decimal",
      nullable: true,
      description:
        "Share of the team that used it, 0 to 1: `users` divided by the members on the days of the range: as the operator's list states them, otherwise the current ones, which is approximate for days before someone joined. Rounded half to even at 12 decimals; not additive. Null: no team, no members, or members that change within the range.",
      resolve: ({ members, users }) =>
        members === null || users === null ? null : ratio(decimalOf(users), decimalOf(members)),
    }),
    uses: t.expose("uses", {
      type: "Count",
      nullable: true,
      description:
        "Activations of a skill, calls to a connector, or messages in a project. Additive over days and people. Null: not measured.",
    }),
  }),
});
