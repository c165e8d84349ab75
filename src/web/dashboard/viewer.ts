import type { ResultOf } from "../client/documents.ts";
import { pageSettings } from "../client/page-settings.ts";
import type { PageName } from "./place.ts";

export type PageViewer = ResultOf<"WhoAmI">["viewer"];

export type PageOrganization = ResultOf<"WhoAmI">["organizations"][number];

/** The rights of a caller that decide which panels there are. */
export interface Rights {
  readonly activity: boolean;
  readonly spend: boolean;
  /** People one by one, by name or by pseudonym. */
  readonly people: boolean;
  /** Facts about people as the directory has them. */
  readonly identity: boolean;
  readonly keys: boolean;
  /** Limits of rates, and with spend those of people. */
  readonly limits: boolean;
  /** The rights hold within some teams only. */
  readonly teamsOnly: boolean;
  /** The gateway has a Console organization that nothing in the URL has to choose. */
  readonly console: boolean;
}

export function rightsOf({ role, scopes, identity, organizations }: PageViewer): Rights {
  return {
    activity: scopes.includes("activity:read"),
    spend: scopes.includes("spend:read"),
    people: identity !== "NONE" && scopes.includes("activity:read"),
    identity: scopes.includes("identity:read"),
    keys: scopes.includes("keys:read"),
    limits: scopes.includes("limits:read"),
    teamsOnly: role === "LEAD",
    console: !pageSettings.hasOrganizations && organizations.includes("console"),
  };
}

/** The pages that have something to show to a caller. */
export function pagesFor(viewer: PageViewer, isConsole: boolean): readonly PageName[] {
  const { activity, spend, people, limits, console } = rightsOf(viewer);
  const last = spend || (limits && (isConsole || console)) ? (["limits"] as const) : [];
  if (viewer.role === "MEMBER") return ["me"];
  if (viewer.role === "LEAD") return activity ? ["teams", "me"] : ["me"];
  // A Console organization has neither members who chat nor seats.
  if (isConsole)
    return [
      ...(activity ? (["claude-code"] as const) : []),
      ...(spend && activity ? (["spend"] as const) : []),
      ...last,
    ];
  return [
    ...(activity ? (["overview", "claude-ai", "claude-code"] as const) : []),
    ...(spend && activity ? (["spend"] as const) : []),
    ...(people ? (["people"] as const) : []),
    ...(activity ? (["teams"] as const) : []),
    ...last,
  ];
}

/** Sentences about what is absent and why; empty for callers who may read everything. */
export function absencesFor(viewer: PageViewer): readonly string[] {
  const { spend, people, teamsOnly } = rightsOf(viewer);
  const role = viewer.role.toLowerCase().replaceAll("_", " ");
  if (viewer.role === "MEMBER") return ["Your role is member, so you see your own figures."];
  const withoutSpend = "without the scope spend:read, so no amounts are shown";
  return [
    ...(teamsOnly ? ["Your role is lead, so you see the teams that you lead and your own figures."] : []),
    ...(spend
      ? []
      : [
          teamsOnly
            ? "Without the scope spend:read, you see no amounts but your own."
            : `Your role is ${role}, ${withoutSpend}.`,
        ]),
    ...(people ? [] : ["You see people in groups only, so no person is listed."]),
    ...(viewer.identity === "PSEUDONYM" ? ["People are shown by pseudonym."] : []),
  ];
}
