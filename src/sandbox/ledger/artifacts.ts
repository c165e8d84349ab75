import { Dice, hash } from "../random.ts";
import type { Desk } from "./desk.ts";
import type { Artifact } from "./fact.ts";

export const NO_ARTIFACTS: readonly Artifact[] = [];

/** Types of chat artifacts, the most frequent first; whatever is made elsewhere is `text/html`. */
const ARTIFACT_TYPES = [
  "text/markdown",
  "application/vnd.ant.react",
  "text/html",
  "application/vnd.ant.code",
  "image/svg+xml",
  "application/vnd.ant.mermaid",
  "text/plain",
  "other",
] as const;

const STREAM = { chat: 90, claude_code: 91, cowork: 92 } as const;

/**
 * The artifacts of the `piece`-th piece of work of a day. It draws from a random source for it alone, so that nothing else of
 * the day depends on it.
 */
export function artifactsOf(
  { organization, person, day }: Desk,
  surface: keyof typeof STREAM,
  piece: number,
  count: number,
): readonly Artifact[] {
  if (count === 0 || person === null) return NO_ARTIFACTS;
  const dice = new Dice(hash(organization.seed, STREAM[surface], person.index, day * 16 + piece));
  return Array.from({ length: count }, () => {
    const place = Math.floor(dice.next() * dice.next() * ARTIFACT_TYPES.length);
    const isShared = dice.chance(0.3);
    return {
      type: surface === "chat" ? (ARTIFACT_TYPES[place] ?? "other") : "text/html",
      isShared,
      isPublished: isShared && dice.chance(0.35),
    };
  });
}
