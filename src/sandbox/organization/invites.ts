import type { Instant } from "../../domain/day.ts";
import { DAY_MS, dayNumberOf, startOfNumber } from "../calendar.ts";
import { hash, type Ids, ids } from "../random.ts";
import type { OrganizationKind } from "./directory.ts";
import type { Groups } from "./groups.ts";
import { naming } from "./names.ts";

/** An invitation as it stands at an instant. */
export interface Invite {
  readonly id: string;
  readonly email: string;
  readonly role: string;
  readonly invitedAt: Instant;
  readonly expiresAt: Instant;
  readonly acceptedAt: Instant | null;
  readonly status: "accepted" | "expired" | "pending" | "deleted";
  readonly groupIds: readonly string[];
}

export interface Invites {
  /** All sent up to `now`, newest first, withdrawn ones included. */
  sent(now: Instant): Invite[];
}

const STREAM = 60;
const VALID_DAYS = 21;

/** A few invitations every week, more in larger organizations (at most forty). */
export function createInvites(
  kind: OrganizationKind,
  seed: number,
  members: number,
  groups: Groups,
): Invites {
  const salt = kind === "enterprise" ? STREAM : STREAM + 1;
  const inviteIds: Ids = ids("invite_", seed, salt);
  const perWeek = Math.min(40, 2 + Math.floor(members / 200));

  const inviteAt = (index: number, now: Instant): Invite => {
    const luck = hash(seed, salt, index);
    const invitedAt = sentAt(index);
    const expiresAt = invitedAt + VALID_DAYS * DAY_MS;
    const answer = invitedAt + (1 + (luck % 96)) * 3_600_000 + (luck % 3_600) * 1000;
    const accepts = luck % 100 < 70;
    const withdrawn = !accepts && luck % 10 === 3 && now > invitedAt + 2 * DAY_MS;
    const acceptedAt = accepts && answer <= now ? answer : null;
    const status = withdrawn
      ? "deleted"
      : acceptedAt !== null
        ? "accepted"
        : now >= expiresAt
          ? "expired"
          : "pending";
    return {
      id: inviteIds.of(index),
      email: `${naming(hash(seed, salt, 1) % 9_000, 20_000 + index).mailbox}@ternplover.example`,
      role: kind === "enterprise" ? "user" : luck % 3 === 0 ? "developer" : "claude_code_user",
      invitedAt,
      expiresAt,
      acceptedAt,
      status,
      groupIds: kind === "enterprise" && luck % 2 === 0 ? [(groups.all[luck % 12] as { id: string }).id] : [],
    };
  };

  const sentAt = (index: number) =>
    startOfNumber(Math.floor(index / perWeek) * 7 + (hash(seed, salt, index, 2) % 5)) +
    (7 * 3600 + (hash(seed, salt, index, 3) % 36_000)) * 1000;

  return {
    sent(now) {
      const weeks = Math.max(0, Math.floor(dayNumberOf(now) / 7) + 1);
      const invites: Invite[] = [];
      for (let index = 0; index < weeks * perWeek; index++)
        if (sentAt(index) <= now) invites.push(inviteAt(index, now));
      return invites.sort((a, b) => b.invitedAt - a.invitedAt || (a.id < b.id ? -1 : 1));
    },
  };
}
