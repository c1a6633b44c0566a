/** Next.js with `output: "standalone"`. */

import type { Framework } from "./framework.ts";

/** A picture of 8 × 8 points. */
// deno-fmt-ignore
const picture = new Uint8Array([
  137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 8,
  0, 0, 0, 8, 8, 2, 0, 0, 0, 75, 109, 41, 220, 0, 0, 0, 17, 73, 68, 65,
  84, 120, 218, 99, 80, 104, 72, 192, 138, 24, 134, 150, 4, 0, 242, 48, 64, 1, 207, 225,
  112, 11, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
]);

export const next: Framework = {
  name: "next",
  packages: ["next@16.4.6", "react@19.3.1", "react-dom@19.3.1"],
  files: {
    "next.config.mjs":
      `export default { output: "standalone", outputFileTracingRoot: import.meta.dirname, turbopack: { root: import.meta.dirname } };\n`,
    "app/layout.jsx": `
export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
`,
    "app/page.jsx": `
import { headers } from "next/headers";
import { Suspense } from "react";
import { Counter } from "./counter";
export default async function Page() {
  const host = (await headers()).get("host");
  return (
    <main>
      <h1>hello from next</h1>
      <p>{host}</p>
      <Counter />
      <Suspense fallback="waiting"><Late /></Suspense>
    </main>
  );
}
async function Late() {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return <p>streamed later</p>;
}
`,
    "app/counter.jsx": `
"use client";
import { useState } from "react";
export function Counter() {
  const [count, setCount] = useState(0);
  return <button onClick={() => setCount(count + 1)}>{count}</button>;
}
`,
    "app/api/echo/route.js": `
export async function GET(request) {
  return Response.json({ query: new URL(request.url).searchParams.get("q") });
}
`,
    "app/cached/page.jsx": `
export const revalidate = 1;
export default function Cached() {
  return <p>rendered at {Date.now()}</p>;
}
`,
    "app/items/[id]/page.jsx": `
export default async function Item({ params }) {
  return <p>item {(await params).id}</p>;
}
`,
    // What was middleware.js before.
    "proxy.js": `
import { NextResponse } from "next/server";
export function proxy(request) {
  return NextResponse.rewrite(new URL("/api/echo?q=rewritten", request.url));
}
export const config = { matcher: "/rewritten" };
`,
    "public/picture.png": picture,
    "public/robots.txt": "User-agent: *\n",
  },
  builds: [
    ["next", "build"],
    // As the documentation of the framework says: a CDN may serve these instead.
    ["cp", "-r", "public", ".next/standalone/"],
    ["cp", "-r", ".next/static", ".next/standalone/.next/"],
  ],
  outputs: [{
    name: "standalone",
    app: ".next/standalone/server.js",
    // With its default, 0.0.0.0, a rewrite of a proxy is a request to another server, also under Node.js.
    env: { HOSTNAME: "127.0.0.1" },
    page: "hello from next",
    paths: {
      "/api/echo?q=word": { contains: `{"query":"word"}` },
      "/cached": { contains: "rendered at" },
      "/items/7": { contains: "item" },
      "/rewritten": { contains: `{"query":"rewritten"}` },
      // By the native addon of sharp.
      [`/_next/image?url=${encodeURIComponent("/picture.png")}&w=32&q=75`]: { contains: "PNG" },
      "/": { contains: "streamed later" },
      "/robots.txt": { contains: "User-agent" },
      "/_next/static/chunks/*.js": { contains: "(", from: ".next/static/chunks" },
    },
  }],
};
