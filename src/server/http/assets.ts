import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { Content } from "./content.ts";
import { HttpError } from "./http-error.ts";
import type { Route } from "./routes.ts";

/** Content types by the extension of a name. A file of another kind is not an asset. */
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml; charset=utf-8",
  ".ttf": "font/ttf",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
};

/** A name with a hash of its content before the extension, as bundlers write it: `editor-B3x_9aQz.js`. */
const HASHED = /[-.][\w-]{8,}\.\w+$/;

/**
 * Serves the built files of a folder below `path`, which ends with `/`. A name contains a hash of its content, so browsers keep a file
 * for a year and never validate it (RFC 8246). Each file is read, and compressed for each coding, at its first request, and then kept;
 * requests that come meanwhile wait for it.
 */
export function assetsRoute(path: `/${string}/`, folder: URL): Route {
  const listed = new Set(readdirSync(folder).filter(isAsset));
  const contents = new Map<string, Promise<Content>>();
  const read = async (name: string) =>
    new Content(new Uint8Array(await readFile(new URL(name, folder))), TYPES[extname(name)] ?? "");
  const contentOf = (name: string) => {
    const content = read(name);
    content.catch(() => contents.delete(name));
    return content;
  };
  return {
    path,
    description: null,
    kind: null,
    access: "open",
    matches: ({ method }) => method === "GET",
    async respond({ head }) {
      const name = new URL(head.url).pathname.slice(path.length);
      if (!listed.has(name)) throw new HttpError("NOT_FOUND", "There is no such asset; reload the page.");
      const content = await contents.getOrInsertComputed(name, contentOf);
      return content.reply(head, IMMUTABLE);
    },
  };
}

function isAsset(name: string): boolean {
  return HASHED.test(name) && TYPES[extname(name)] !== undefined;
}

const IMMUTABLE = [
  ...["cache-control", "public, max-age=31536000, immutable"],
  ...["vary", "accept-encoding"],
];
