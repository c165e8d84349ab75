import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type GraphQLSchema, printSchema } from "graphql";
import type { DrawPicture, PictureInput } from "../../domain/picture.ts";
import { badInput } from "../../errors.ts";
import { HttpError } from "../http/http-error.ts";

/** Written by `npm run build`. */
export const BUILT_PICTURES = new URL("../../../dist/picture/picture.js", import.meta.url);

/** Draws an answer as SVG. Throws HttpError where there is no chart of it, or where the module that draws is not built. */
export type Draw = (input: Omit<PictureInput, "schema">) => Promise<string>;

/** Loads the module that draws, and prints the schema for it, with the first picture. */
export function pictureDrawer(module: URL, schema: GraphQLSchema): Draw {
  let loading: Promise<DrawPicture> | null = null;
  let definition: string | null = null;
  const load = async (): Promise<DrawPicture> => {
    const { drawPicture } = (await import(module.href)) as { readonly drawPicture: DrawPicture };
    return drawPicture;
  };
  return async (input) => {
    if (!existsSync(fileURLToPath(module)))
      throw new HttpError(
        "NOT_FOUND",
        "This install draws no charts, since it leaves out its build tools; its operator finds how to have them in the log of the install.",
      );
    loading ??= load();
    const draw = await loading;
    definition ??= printSchema(schema);
    const picture = draw({ ...input, schema: definition });
    if ("reason" in picture) throw HttpError.of(badInput(picture.reason), 400);
    return picture.svg;
  };
}
