import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type GraphQLSchema, printSchema } from "graphql";
import type {
  DrawPicture,
  NamePictures,
  PictureInput,
  PictureNames,
  PictureQuestion,
} from "../../domain/picture.ts";
import { badInput } from "../../errors.ts";
import { nearest } from "../http/did-you-mean.ts";
import { HttpError } from "../http/http-error.ts";

/** Written by `npm run build`. */
export const BUILT_PICTURES = new URL("../../../dist/picture/picture.js", import.meta.url);

interface PictureModule {
  readonly drawPicture: DrawPicture;
  readonly namePictures: NamePictures;
}

type Choices = Pick<PictureInput, "list" | "measure">;

/** Draws answers as SVG. Throws HttpError where there is no chart, or where the module that draws is not built. */
export class Pictures {
  readonly #module: URL;
  readonly #schema: GraphQLSchema;
  #loading: Promise<PictureModule> | null = null;
  #definition: string | null = null;

  /** Loads the module, and prints the schema for it, with the first picture. */
  constructor(module: URL, schema: GraphQLSchema) {
    this.#module = module;
    this.#schema = schema;
  }

  async draw(input: Omit<PictureInput, "schema">): Promise<string> {
    const { drawPicture } = await this.#load();
    const picture = drawPicture({ ...input, schema: this.#schemaText() });
    if ("reason" in picture) throw HttpError.of(badInput(picture.reason), 400);
    return picture.svg;
  }

  /** Rejects a list or a measure that no answer to the document has, before the document is run. */
  async check({ list, measure, ...question }: Omit<PictureQuestion, "schema"> & Choices): Promise<void> {
    if (list === null && measure === null) return;
    const { namePictures } = await this.#load();
    const fault = faultOf(namePictures({ ...question, schema: this.#schemaText() }), { list, measure });
    if (fault !== null) throw HttpError.of(badInput(fault), 400);
  }

  async #load(): Promise<PictureModule> {
    if (!existsSync(fileURLToPath(this.#module)))
      throw new HttpError(
        "NOT_FOUND",
        "This install draws no charts, since it leaves out its build tools; its operator finds how to have them in the log of the install.",
      );
    this.#loading ??= import(this.#module.href);
    return this.#loading;
  }

  #schemaText(): string {
    this.#definition ??= printSchema(this.#schema);
    return this.#definition;
  }
}

function faultOf({ lists, numbers }: PictureNames, { list, measure }: Choices): string | null {
  const chosen = list === null ? lists : lists.filter(({ name }) => name === list);
  if (list !== null && chosen.length === 0)
    return unknown(
      "list",
      list,
      lists.map(({ name }) => name),
    );
  const measures = [...chosen.flatMap((each) => each.measures), ...(list === null ? numbers : [])];
  return measure === null || measures.includes(measure) ? null : unknown("measure", measure, measures);
}

function unknown(what: string, name: string, known: readonly string[]): string {
  if (known.length === 0) return `Unknown ${what} \`${name}\`: the answer has no ${what}.`;
  return `Unknown ${what} \`${name}\`: ${nearest(name, [...new Set(known)])}`;
}
