/** Items worked through in one go, which takes a few milliseconds. */
const PIECE = 2_000;

/** Lets other operations have the thread. */
export type ThreadTurn = () => Promise<unknown>;

/** Works through items, and lets other operations have the thread in between. */
export async function inPieces<Item>(
  items: readonly Item[],
  turn: ThreadTurn,
  work: (item: Item) => void,
): Promise<void> {
  for (let i = 0; i < items.length; i += PIECE) {
    for (const item of items.slice(i, i + PIECE)) work(item);
    await turn();
  }
}
