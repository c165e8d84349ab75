import { slackUserId } from "../organization/directory.ts";
import { letters } from "../random.ts";
import { type Attachments, type Desk, type Load, minute, pieces, rateOf, write } from "./desk.ts";
import type { TagUse } from "./fact.ts";

const TAG: Omit<Load, "requests"> = { uncached: 1800, read: 9000, write5m: 1100, write1h: 0, output: 380 };
const MIX = { haiku: 0.25, opus: 0.1, long: 0.01, fast: 0 };

export function channelCount(members: number): number {
  return Math.min(160, 4 + Math.floor(members / 12));
}

function channelId(seed: number, index: number): string {
  return `C0${letters(seed, 300_000 + index, 9)}`;
}

/** A person writing to Claude Tag: directly, or in a channel, which the reports tie to no person. */
export function claudeTag(desk: Desk, person: number, linked: boolean): void {
  const { dice, organization } = desk;
  const { seed, members } = organization;
  const count = pieces(desk, 0.9);
  for (let i = 0; i < count; i++) {
    const direct = dice.chance(0.45);
    const messages = dice.around(3);
    const channel = channelId(seed, Math.floor(dice.next() * dice.next() * channelCount(members)));
    const use: TagUse = {
      category: direct ? "dm" : "engaged",
      slackUser: slackUserId(seed, person),
      linked: linked ? person : null,
      channel: direct ? null : channel,
      messages,
    };
    const rate = rateOf(desk, "claude-tag", MIX);
    write(
      desk,
      minute(desk),
      rate,
      { requests: messages * 2, ...TAG },
      tagged(direct && linked ? person : null, use),
    );
  }
}

const UNPROMPTED = ["monitoring", "monitoring", "proactive", "scheduled"] as const;

/** Activity of Claude Tag in a channel by itself. */
export function channelWork(desk: Desk, channel: number): void {
  const { dice, organization } = desk;
  const count = dice.below(3);
  for (let i = 0; i < count; i++) {
    const use: TagUse = {
      category: dice.pick(UNPROMPTED),
      slackUser: null,
      linked: null,
      channel: channelId(organization.seed, channel),
      messages: 0,
    };
    write(
      desk,
      minute(desk),
      rateOf(desk, "claude-tag", MIX),
      { requests: dice.around(6), ...TAG },
      tagged(null, use),
    );
  }
}

function tagged(person: number | null, tag: TagUse): Attachments {
  return {
    organization: "enterprise",
    person,
    product: "claude-tag",
    searches: 0,
    engagement: null,
    code: null,
    tag,
    api: null,
  };
}
