/** Finds Gunicorn on PATH, or else installs it from the package index into a temporary folder. */

export type Gunicorn = { readonly program: string } | { readonly missing: string };

export async function findGunicorn(folder: string): Promise<Gunicorn> {
  if (await failureOf(["gunicorn", "--version"]) === undefined) return { program: "gunicorn" };
  const steps = [
    ["python3", "-m", "venv", `${folder}/venv`],
    [`${folder}/venv/bin/pip`, "install", "--quiet", "--timeout", "10", "gunicorn"],
  ];
  for (const step of steps) {
    const failure = await failureOf(step);
    if (failure !== undefined) return { missing: `no gunicorn: ${failure}` };
  }
  return { program: `${folder}/venv/bin/gunicorn` };
}

/** Runs a command. Returns `undefined` if it succeeds, or else the last line of its output. */
async function failureOf([program, ...args]: readonly string[]): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(program!, { args, stdin: "null" }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "it failed";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
