/** React Router in framework mode, with a server of Express. */

import type { Framework } from "./framework.ts";

const version = "7.18.4";

export const reactRouter: Framework = {
  name: "react-router",
  packages: [
    ...[
      "react-router",
      "@react-router/node",
      "@react-router/express",
      "@react-router/serve",
      "@react-router/dev",
    ]
      .map((name) => `${name}@${version}`),
    "express@5.3.0",
    "isbot@5.2.3",
    "react@19.3.1",
    "react-dom@19.3.1",
    "vite@7.3.8",
  ],
  files: {
    "vite.config.js": `
import { reactRouter } from "@react-router/dev/vite";
export default { plugins: [reactRouter()] };
`,
    "app/root.jsx": `
import { Outlet, Scripts } from "react-router";
export default function Root() {
  return <html lang="en"><body><Outlet /><Scripts /></body></html>;
}
`,
    "app/routes.js": `
import { index, route } from "@react-router/dev/routes";
export default [index("./home.jsx"), route("api/echo", "./echo.js")];
`,
    "app/home.jsx": `
export const loader = ({ request }) => ({ host: new URL(request.url).host });
export default function Home({ loaderData }) {
  return <main><h1>hello from react-router</h1><p>{loaderData.host}</p></main>;
}
`,
    "app/echo.js": `
export const loader = ({ request }) => Response.json({ query: new URL(request.url).searchParams.get("q") });
`,
    "public/robots.txt": "User-agent: *\n",
    "server.js": `
import { createRequestHandler } from "@react-router/express";
import express from "express";
import * as build from "./build/server/index.js";
const app = express();
app.use(express.static("build/client"));
app.use(createRequestHandler({ build }));
app.listen(process.env.PORT ?? 3000);
`,
  },
  builds: [["react-router", "build"]],
  outputs: [
    {
      name: "server of Express",
      app: "server.js",
      page: "hello from react-router",
      paths: {
        "/api/echo?q=word": { contains: `{"query":"word"}` },
        "/robots.txt": { contains: "User-agent" },
      },
    },
    {
      name: "@react-router/serve",
      app: "node_modules/@react-router/serve/bin.js",
      args: ["--", "build/server/index.js"],
      refusal: /is imported by a file that is not in the bundle, because an import\(\) with a computed name/,
      page: "",
    },
  ],
};
