import { renderDeclarations } from "../../src/cli/declarations.ts";
import { assertEquals } from "../assert.ts";

const settings = new URL("../../src/settings/settings.ts", import.meta.url).href;
const configHooks = new URL("../../src/settings/config_hooks.ts", import.meta.url).href;
const appHooks = new URL("../../src/app/load/app_hooks.ts", import.meta.url).href;

/** What `deno check` finds in these files, beside the declarations. */
async function check(files: Readonly<Record<string, string>>): Promise<{ code: number; errors: string }> {
  const folder = Deno.makeTempDirSync();
  try {
    const all = {
      "deno.json": JSON.stringify({ compilerOptions: { types: ["./denicorn.d.ts"] }, unstable: ["net"] }),
      "denicorn.d.ts": renderDeclarations(),
      ...files,
    };
    for (const [name, text] of Object.entries(all)) Deno.writeTextFileSync(`${folder}/${name}`, text);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", ...Object.keys(files)],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    return { code, errors: new TextDecoder().decode(stderr) };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("the declarations have the types of the settings and of the context, in both directions", async () => {
  const { code, errors } = await check({
    "same.ts": `import type { AppContext, ConfigFile, ConfigHooks, RequestContext } from "denicorn";
import type { ConfigHooks as OwnConfigHooks } from ${JSON.stringify(configHooks)};
import type { ConfigFile as OwnConfigFile } from ${JSON.stringify(settings)};
import type { AppContext as OwnContext, RequestContext as OwnRequestContext } from ${
      JSON.stringify(appHooks)
    };

type Missing = Exclude<keyof ConfigFile, keyof OwnConfigFile> | Exclude<keyof OwnConfigFile, keyof ConfigFile>;
export const missing: never = null! as Missing;
type MissingHook = Exclude<keyof ConfigHooks, keyof OwnConfigHooks> | Exclude<keyof OwnConfigHooks, keyof ConfigHooks>;
export const missingHook: never = null! as MissingHook;
export const hooks: ConfigHooks = null! as OwnConfigHooks;
export const ownHooks: OwnConfigHooks = null! as ConfigHooks;
export const settings: ConfigFile = null! as OwnConfigFile;
export const ownSettings: OwnConfigFile = null! as ConfigFile;
export const context: AppContext = null! as OwnContext;
export const ownContext: OwnContext = null! as AppContext;
export const requestContext: RequestContext = null! as OwnRequestContext;
export const ownRequestContext: OwnRequestContext = null! as RequestContext;
`,
  });
  assertEquals({ code, errors: code === 0 ? "" : errors }, { code: 0, errors: "" });
});

Deno.test("a config file and an app can be checked, and a mistake is found", async () => {
  const good = `import { defineConfig } from "denicorn";
export default defineConfig({
  workers: "auto", gracefulTimeout: "2m", env: { A: 1 }, bind: [":80"],
  onStarting: ({ pid, app }) => console.log(pid, app.length),
  async childExit({ slot, pid }, { signal, isExpected }, { workers }) {
    await Promise.resolve([slot + pid, signal?.length, !isExpected, workers]);
  },
  preRequest(worker, request, info) {
    if (request.headers.has("x")) throw new Error(info.remoteAddr.hostname + String(worker.pid));
  },
  postRequest: (_worker, _request, _info, { response, status, ms }) => [response?.headers, status + ms],
});
`;
  const app =
    `import { type AppContext, type Channel, channel, context, type Cron, enqueue, type TaskContext, type Tasks, waitUntil } from "denicorn";
import { z } from "npm:zod";
export const tasks = {
  sendMail: async (to: string, { signal, log, progress }: TaskContext) => {
    signal.throwIfAborted();
    progress(0.5);
    log.info(to);
    await enqueue("resize", { width: 5 }, { delay: 500, at: new Date(), key: "k", retries: 5 });
  },
  resize: { run: ({ width }: { width: number }) => width * 2, schema: z.object({ width: z.number() }), timeout: 500 },
} satisfies Tasks;
export const cron = { nightly: { schedule: "0 3 * * *", timezone: "Europe/Berlin", task: "sendMail" } } satisfies Cron;
export function startup({ slot, log }: AppContext) {
  log.info(String(slot + context().generation));
  waitUntil(Promise.resolve());
  const chat: Channel = channel("chat");
  chat.onmessage = ({ data }) => log.info(data);
  chat.addEventListener("message", () => chat.post({ when: new Date() }));
  chat.close();
}
`;
  assertEquals((await check({ "denicorn.config.ts": good, "app.ts": app })).code, 0);
  const wrong = await check({ "denicorn.config.ts": good.replace('"2m"', '"2 minutes"') });
  assertEquals([wrong.code, wrong.errors.includes("gracefulTimeout")], [1, true]);
  const misspelled = await check({ "denicorn.config.ts": good.replace("onStarting", "onStart") });
  assertEquals([misspelled.code, misspelled.errors.includes("'onStart' does not exist")], [1, true]);
});
