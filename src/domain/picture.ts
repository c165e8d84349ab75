/** A document, the answer of which is drawn. */
export interface PictureQuestion {
  /** Definition of the schema. Its types and descriptions say what the answer means. */
  readonly schema: string;
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Names of what the answer to a document can be drawn by. */
export interface PictureNames {
  /** The lists, each with the measures of its rows. */
  readonly lists: readonly { readonly name: string; readonly measures: readonly string[] }[];
  /** The numbers outside of lists. */
  readonly numbers: readonly string[];
}

/** Reads the names before there is an answer. */
export type NamePictures = (question: PictureQuestion) => PictureNames;

/** An answer to draw, and how. The pages' code draws it, built apart from the gateway, so that all of this is plain data. */
export interface PictureInput extends PictureQuestion {
  readonly data: Readonly<Record<string, unknown>>;
  readonly freshness: { readonly state: string | null; readonly refreshedAt: string | null };
  /** Path of the list in the answer: `cost`; null: the first one that makes a chart, else the numbers outside of lists. */
  readonly list: string | null;
  /** Path of the measure in a row: `net.usd`; null: the first one that makes a chart. */
  readonly measure: string | null;
  readonly theme: PictureTheme;
}

export type PictureTheme = "light" | "dark";

/** A picture as SVG, or the reason why there is none, which names what would work. */
export type Picture = { readonly svg: string } | { readonly reason: string };

export type DrawPicture = (input: PictureInput) => Picture;
