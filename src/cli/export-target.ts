import type { Manifest, Mark, Piece } from "../server/export/write.ts";

/** Where a file is written to, piece by piece. It is visible there only once it is whole. */
export interface ExportTarget {
  /** When the file was begun, which relative ranges are resolved by. */
  readonly begun: number;
  /** How far the file is. */
  readonly mark: Mark;
  append(piece: Piece): Promise<void>;
  /** Goes back to before the figures that can still change: those were refreshed since. */
  unsettle(): Promise<void>;
  /** Makes the file visible, with its manifest. */
  finish(
    manifestBy: (sha256: string) => Manifest,
    lastLineOf: (manifest: Manifest) => string,
  ): Promise<Manifest>;
  /** Ends the writing; a file that is not finished stays invisible. */
  close(): Promise<void>;
}

interface TargetErrorOptions {
  /** True if the same command cannot succeed without a change. */
  readonly isUnusable: boolean;
  readonly cause?: unknown;
}

/** A failure to write, in words for the operator: never a key, or text of the server. */
export class TargetError extends Error {
  readonly isUnusable: boolean;

  constructor(message: string, { isUnusable, cause }: TargetErrorOptions) {
    super(message, { cause });
    this.name = "TargetError";
    this.isUnusable = isUnusable;
  }
}
