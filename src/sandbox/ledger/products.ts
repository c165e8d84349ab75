import { ARTIFACTS_MEASURED } from "../coverage.ts";
import { artifactsOf } from "./artifacts.ts";
import {
  type Attachments,
  type Desk,
  type Load,
  minute,
  pieces,
  rateOf,
  threadOf,
  write,
  writeRuns,
} from "./desk.ts";
import { engagement } from "./engagement.ts";
import type { Engagement, OfficeApp } from "./fact.ts";
import { pluginUse } from "./plugins.ts";
import { plainRate } from "./prices.ts";
import { toolUse } from "./tools.ts";

function tied(desk: Desk, product: string | null, searches: number, about: Engagement): Attachments {
  return {
    organization: "enterprise",
    person: desk.person?.index ?? null,
    product,
    searches,
    engagement: about,
    code: null,
    tag: null,
    api: null,
  };
}

const CHAT: Omit<Load, "requests"> = { uncached: 900, read: 2800, write5m: 500, write1h: 0, output: 420 };

export function chat(desk: Desk, person: number): void {
  const { dice, organization } = desk;
  const count = pieces(desk, 2);
  for (let i = 0; i < count; i++) {
    const messages = dice.around(5);
    const nth = dice.below(6);
    const project =
      nth < 4 && desk.person !== null ? organization.catalog.nearbyProject(desk.person, nth) : null;
    const exists = project !== null && organization.catalog.createdOn(project) <= desk.day;
    const own = project === person && organization.catalog.createdOn(person) === desk.day;
    const about = engagement(
      "chat",
      threadOf(person, "chat", Math.floor(desk.day / 3), dice.below(24)),
      {
        messages,
        thinkingMessages: dice.chance(0.4) ? dice.below(messages + 1) : 0,
        project: exists ? project : null,
        projectsCreated: own && i === 0 ? 1 : 0,
        artifacts: artifactsOf(desk, "chat", i, dice.chance(0.25) ? dice.between(1, 2) : 0),
        filesUploaded: dice.chance(0.2) ? dice.between(1, 4) : 0,
        sharedConversationsViewed: dice.chance(0.08) ? dice.between(1, 3) : 0,
        sharedArtifact: dice.chance(0.07) ? dice.below(40 + organization.members) : null,
      },
      toolUse(desk, true, 0.14, 0.2),
    );
    const at = minute(desk);
    const searches = dice.chance(0.22) ? dice.between(1, 4) : 0;
    const rate = rateOf(desk, "chat", { haiku: 0.12, opus: 0.3, long: 0.02, fast: 0 });
    write(
      desk,
      at,
      rate,
      { requests: messages + dice.below(3), ...CHAT },
      tied(desk, "chat", searches, about),
    );
    if (dice.chance(0.07)) {
      writeRuns(desk, at, plainRate("chat"), dice.around(3), {
        organization: "enterprise",
        person,
        api: null,
      });
    }
  }
}

const COWORK: Omit<Load, "requests"> = {
  uncached: 1500,
  read: 26_000,
  write5m: 2200,
  write1h: 300,
  output: 520,
};

export function cowork(desk: Desk, person: number): void {
  const { dice } = desk;
  const count = pieces(desk, 1.4);
  for (let i = 0; i < count; i++) {
    const messages = dice.around(4);
    const about = engagement(
      "cowork",
      threadOf(person, "cowork", Math.floor(desk.day / 2), dice.below(12)),
      {
        messages,
        actions: dice.around(11),
        dispatchTurns: dice.chance(0.2) ? dice.between(1, 3) : 0,
        artifacts: artifactsOf(desk, "cowork", i, desk.day >= ARTIFACTS_MEASURED && dice.chance(0.2) ? 1 : 0),
      },
      toolUse(desk, false, 0.25, 0.35),
      pluginUse(desk, "cowork", i),
    );
    const rate = rateOf(desk, "cowork", { haiku: 0.05, opus: 0.35, long: 0.05, fast: 0 });
    const searches = dice.chance(0.2) ? dice.between(1, 6) : 0;
    write(
      desk,
      minute(desk),
      rate,
      { requests: messages * 4, ...COWORK },
      tied(desk, "cowork", searches, about),
    );
  }
}

const OFFICE: Omit<Load, "requests"> = { uncached: 2600, read: 7000, write5m: 1200, write1h: 0, output: 600 };
const APPS: readonly OfficeApp[] = ["excel", "excel", "excel", "word", "word", "powerpoint", "outlook"];

export function office(desk: Desk, person: number): void {
  const { dice } = desk;
  const count = pieces(desk, 1.2);
  for (let i = 0; i < count; i++) {
    const messages = dice.around(4);
    const about = engagement(
      "office_agent",
      threadOf(person, "office_agent", desk.day, i),
      {
        app: dice.pick(APPS),
        messages,
      },
      toolUse(desk, false, 0.3, 0.1),
    );
    const rate = rateOf(desk, "office_agent", { haiku: 0.2, opus: 0.15, long: 0.01, fast: 0 });
    write(
      desk,
      minute(desk),
      rate,
      { requests: messages * 2, ...OFFICE },
      tied(desk, "office_agent", 0, about),
    );
  }
}

const CHROME: Omit<Load, "requests"> = { uncached: 2200, read: 9000, write5m: 900, write1h: 0, output: 220 };

export function chrome(desk: Desk, person: number): void {
  const { dice } = desk;
  const messages = dice.around(4);
  const about = engagement("claude_in_chrome", threadOf(person, "claude_in_chrome", desk.day, 0), {
    messages,
  });
  const rate = rateOf(desk, "claude_in_chrome", { haiku: 0.5, opus: 0.05, long: 0, fast: 0 });
  const searches = dice.chance(0.3) ? dice.between(1, 3) : 0;
  write(
    desk,
    minute(desk),
    rate,
    { requests: messages * 5, ...CHROME },
    tied(desk, "claude_in_chrome", searches, about),
  );
}

const DESIGN: Omit<Load, "requests"> = {
  uncached: 1800,
  read: 12_000,
  write5m: 1500,
  write1h: 0,
  output: 1900,
};

export function design(desk: Desk, person: number): void {
  const { dice } = desk;
  const messages = dice.around(6);
  const about = engagement("claude_design", threadOf(person, "claude_design", desk.day, 0), {
    messages,
    // Design projects are the person's own; eight of them at most.
    project: person * 8 + dice.below(8),
    projectsCreated: dice.chance(0.08) ? 1 : 0,
  });
  const rate = rateOf(desk, "claude_design", { haiku: 0, opus: 0.5, long: 0.03, fast: 0 });
  write(
    desk,
    minute(desk),
    rate,
    { requests: messages * 2, ...DESIGN },
    tied(desk, "claude_design", 0, about),
  );
}

const SCIENCE: Omit<Load, "requests"> = {
  uncached: 4000,
  read: 30_000,
  write5m: 3000,
  write1h: 1500,
  output: 1200,
};

/** Claude Science has no product slug in the reports: its usage surfaces as `other`. */
export function science(desk: Desk, person: number): void {
  const { dice } = desk;
  const messages = dice.around(7);
  const about = engagement("science", threadOf(person, "science", desk.day, 0), {
    messages,
    delegations: dice.below(4),
    computeJobs: dice.chance(0.3) ? dice.between(1, 5) : 0,
    skillCalls: dice.below(3),
  });
  const rate = rateOf(desk, "other", { haiku: 0, opus: 0.7, long: 0.15, fast: 0 });
  write(desk, minute(desk), rate, { requests: messages * 3, ...SCIENCE }, tied(desk, "other", 0, about));
}
