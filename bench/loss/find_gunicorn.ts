/** Gunicorn from PATH, else from the package index into a folder that goes with the run. */

export type Gunicorn = { readonly program: string } | { readonly missing: string };

export async function findGunicorn(folder: string): Promise<Gunicorn> {
  if (await succeeds(["gunicorn", "--version"]) === undefined) return { program: "gunicorn" };
  const steps = [
    ["python3", "-m", "venv", `${folder}/venv`],
    [`${folder}/venv/bin/pip`, "install", "--quiet", "--timeout", "10", "gunicorn"],
  ];
  for (const step of steps) {
    const failure = await succeeds(step);
    if (failure !== undefined) return { missing: `no gunicorn: ${failure}` };
  }
  return { program: `${folder}/venv/bin/gunicorn` };
}

/** Runs a command; gives `undefined`, or the last line of why not. */
async function succeeds([program, ...args]: readonly string[]): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(program!, { args, stdin: "null" }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "it failed";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
