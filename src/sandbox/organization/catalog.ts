import { day, type Instant } from "../../domain/day.ts";
import { type DayNumber, dayNumber, startOfNumber } from "../calendar.ts";
import { hash, ids } from "../random.ts";
import type { Person } from "./people.ts";

/** Something with a name that is not always a name. */
interface Named {
  readonly index: number;
  /** The stable sort key: a name, or an opaque id. */
  readonly key: string;
  /** Name that an opaque id resolves to; null for plain names and for ids that may not be disclosed. */
  readonly displayName: string | null;
}

export interface Skill extends Named {
  /** Null for skills that only Claude Code and Office know. */
  readonly share: "organization" | "private" | "public" | null;
  readonly chat: boolean;
}

export interface Connector extends Named {
  /** The spelling people typed, which filters accept too. */
  readonly rawName: string;
  /** True if an organization-managed credential can be used. */
  readonly managed: boolean;
  /** True if a trusted annotation tells reads from writes. */
  readonly annotated: boolean;
}

interface Project {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  /** Person who made it. */
  readonly creator: number;
  readonly createdOn: DayNumber;
  /** Null where the project was deleted before that was recorded. */
  readonly createdAt: Instant | null;
}

export interface Catalog {
  readonly skills: readonly Skill[];
  readonly connectors: readonly Connector[];
  /** Index of the `nth` (0 to 3) project of a person's desk neighbours, theirs included. */
  nearbyProject(person: Person, nth: number): number;
  project(index: number): Project;
  /** `project(index).createdOn` alone, which is requested with every message. */
  createdOn(index: number): DayNumber;
  /** The index of a project by id; null for unknown ids. */
  projectIndex(id: string): number | null;
}

const STREAM = 40;

const SKILLS: readonly (readonly [
  name: string,
  share: Skill["share"],
  chat: boolean,
  opaque?: "named" | "hidden",
])[] = [
  ["accessibility-audit", "public", true],
  ["api-review", null, false],
  ["brand-voice", "organization", true, "named"],
  ["changelog", null, false],
  ["contour-report", "organization", true, "named"],
  ["contract-summary", "private", true, "named"],
  ["data-cleanup", "public", true],
  ["docx", "public", true],
  ["field-notes", "private", true, "hidden"],
  ["incident-timeline", "organization", true, "named"],
  ["interview-guide", "public", true],
  ["invoice-check", "organization", true, "named"],
  ["migration-plan", null, false],
  ["pdf", "public", true],
  ["pptx", "public", true],
  ["quarterly-deck", "organization", true, "named"],
  ["refactor", null, false],
  ["release-check", null, false],
  ["tidal-survey", "organization", true, "named"],
  ["unknown", null, true],
  ["xlsx", "public", true],
];

const CONNECTORS: readonly (readonly [name: string, raw: string, managed: boolean, annotated: boolean])[] = [
  ["atlassian", "Atlassian (Jira)", true, true],
  ["calendar", "Calendar", true, true],
  ["drive", "Drive", true, true],
  ["feature-flags", "Feature Flags", false, false],
  ["figma", "Figma", false, true],
  ["github", "GitHub MCP", true, true],
  ["gis-tiles", "GIS tiles", false, false],
  ["linear", "Linear", true, true],
  ["mail", "Mail", true, true],
  ["pager", "Pager", false, true],
  ["slack", "Slack", true, true],
  ["warehouse", "Warehouse SQL", true, false],
];

const PROJECT_WORDS =
  "Tidal survey,Onboarding guide,Pricing review,Wetland atlas,Board pack,Release notes,Support macros,Data dictionary," +
  "Vendor audit,Hiring plan,Research digest,Launch checklist,Style guide,Incident archive,Harbour model,Sales playbook";

export function createCatalog(seed: number, members: number): Catalog {
  const skillIds = ids("skill_", seed, STREAM);
  const connectorIds = ids("mcpsrv_", seed, STREAM + 1);
  const projectIds = ids("claude_proj_", seed, STREAM + 2);
  const words = PROJECT_WORDS.split(",");

  const skills = SKILLS.map(
    ([name, share, chat, opaque], index): Skill => ({
      index,
      key: opaque === undefined ? name : skillIds.of(index),
      displayName: opaque === "named" ? name : null,
      share,
      chat,
    }),
  );

  const connectors = CONNECTORS.map(([name, rawName, managed, annotated], index): Connector => {
    const opaque = name === "feature-flags" || name === "gis-tiles";
    const key = opaque ? connectorIds.of(index) : name;
    return {
      index,
      key,
      displayName: name === "feature-flags" ? rawName : null,
      rawName,
      managed,
      annotated,
    };
  });

  const lastCreation = dayNumber(day("2026-10-31"));

  const createdOn = (index: number): DayNumber => {
    const luck = hash(seed, STREAM + 3, index);
    // A third are older than the data.
    return luck % 3 === 0 ? -1 - (luck % 200) : hash(seed, STREAM + 4, index) % lastCreation;
  };

  const project = (index: number): Project => {
    const luck = hash(seed, STREAM + 3, index);
    const forgotten = index === 5 || luck % 97 === 0;
    return {
      index,
      id: projectIds.of(index),
      name: `${words[hash(seed, STREAM + 5, index) % words.length]}${luck % 4 === 0 ? ` ${2024 + (luck % 3)}` : ""}`,
      creator: index,
      createdOn: createdOn(index),
      createdAt: forgotten ? null : startOfNumber(createdOn(index)) + (7 * 3600 + (luck % 32_000)) * 1000,
    };
  };

  return {
    skills,
    connectors,
    nearbyProject(person, nth) {
      // Twelve people share the projects of three of them, so that a project has several users.
      const team = person.index - (person.index % 12);
      const place = [0, 5, 7][hash(seed, STREAM + 6, person.index, nth) % 3] as number;
      return Math.min(team + place, members - 1);
    },
    project,
    createdOn,
    projectIndex(id) {
      const index = projectIds.index(id);
      return index !== null && index < members ? index : null;
    },
  };
}
