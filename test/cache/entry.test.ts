import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeEntry, encodeEntry } from "../../src/cache/entry.ts";

const KEPT = { key: "who where", body: '{"data":[{"amount":"41280.000000"}]}', fetchedAt: 1_790_000_000_000 };

describe("an entry", () => {
  test("comes back as it was, whatever text it holds", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "grapheme" }),
        fc.maxSafeNat(),
        async (key, body, fetchedAt) => {
          const kept = { key: key.toWellFormed(), body: body.toWellFormed(), fetchedAt };
          expect(await decodeEntry(kept.key, await encodeEntry(kept))).toEqual(kept);
        },
      ),
    );
  });

  test("is smaller than what it holds", async () => {
    const body = JSON.stringify({ data: Array(500).fill(JSON.parse(KEPT.body).data[0]) });
    expect((await encodeEntry({ ...KEPT, body })).length).toBeLessThan(body.length / 10);
  });

  test("that was damaged in any byte, cut off anywhere or put under another key is none", async () => {
    const whole = await encodeEntry(KEPT);
    for (let i = 0; i < whole.length; i++) {
      const damaged = Uint8Array.from(whole);
      damaged[i] = (damaged[i] ?? 0) ^ 0x41;
      const read = await decodeEntry(KEPT.key, damaged);
      // A bit that says nothing may change; what is read must be what was written.
      if (read !== null) expect(read).toEqual(KEPT);
      expect(await decodeEntry(KEPT.key, whole.subarray(0, i))).toBeNull();
    }
    expect(await decodeEntry("another key", whole)).toBeNull();
  });

  test("of the first format is read, since archives keep entries for years", async () => {
    const packed = zstdCompressSync(JSON.stringify([KEPT.key, KEPT.fetchedAt, KEPT.body]));
    const first = Buffer.concat([Buffer.from([0xca, 0x61, 1]), packed]);
    expect(await decodeEntry(KEPT.key, first)).toEqual(KEPT);
    expect(await decodeEntry("another key", first)).toBeNull();
  });

  test("of another format or of another program is none", async () => {
    const whole = await encodeEntry(KEPT);
    expect(
      await decodeEntry(
        KEPT.key,
        Uint8Array.from(whole, (byte, i) => (i === 2 ? byte + 1 : byte)),
      ),
    ).toBeNull();
    expect(await decodeEntry(KEPT.key, new TextEncoder().encode(JSON.stringify(KEPT)))).toBeNull();
    expect(await decodeEntry(KEPT.key, new Uint8Array(500_000))).toBeNull();
  });
});
