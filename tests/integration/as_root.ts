/** What tests with `--user` need. */

import type { Target, TestHost } from "./harness.ts";

const [, uid = "65534", gid = "65534"] =
  /^nobody:[^:]*:(\d+):(\d+):/m.exec(Deno.readTextFileSync("/etc/passwd")) ??
    [];

/** User and group id of `nobody`. */
export const nobody = { uid: Number(uid), gid: Number(gid) };

/** Why workers cannot run as `nobody` here; `null` if they can. */
export function reasonNotToSwitchUser({ name, command: [command = "", ...args] }: Target): string | null {
  if (Deno.uid() !== 0) return "only root may switch to another user";
  try {
    const { success } = new Deno.Command(command, {
      ...{ ...nobody, args: [...args, "--version"], cwd: "/" },
      ...{ stdout: "null", stderr: "null" },
    }).outputSync();
    if (success) return null;
  } catch {
    // That user may not enter the directory of the program.
  }
  return `user nobody cannot run Denicorn as ${name}: it may not read this checkout, or the cache of Deno`;
}

/** The same, for tests that also mount something: not allowed in most containers. */
export function reasonNotToMount(target: Target): string | null {
  const reason = reasonNotToSwitchUser(target);
  if (reason !== null) return reason;
  return succeeds("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
    ? null
    : "mounting is not allowed";
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    return new Deno.Command(command, { args: [...args], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

/** Lets every user into the folder of the test. */
export function openTo(host: TestHost): void {
  for (const path of [host.folder, host.runtime]) Deno.chmodSync(path, 0o755);
}

const root = new URL("../../", import.meta.url).pathname;

/**
 * Like `mounting`, in /mnt/app with the files of the test, and with Denicorn in /mnt/root, so that `script` may mount over
 * directories that contain the checkout, such as /tmp.
 */
export function apart(host: TestHost, script: string): string[] {
  const before = `mount -t tmpfs -o mode=0755 tmpfs /mnt && mkdir /mnt/app /mnt/root
    mount --bind ${root} /mnt/root && cp -r ${host.folder}/. /mnt/app && cd /mnt/app
    case $DENO_DIR in ${root}*) export DENO_DIR=/mnt/root/\${DENO_DIR#${root}};; esac`;
  return mounting(host, `${before}\n${script}`).map((arg) =>
    arg.startsWith(root) ? arg.replace(root, "/mnt/root/") : arg
  );
}

/** The program, started after `script` has mounted something that only it sees. */
export function mounting({ target }: TestHost, script: string): string[] {
  return ["unshare", "-m", "sh", "-c", `${script}\nexec "$@"`, "sh", ...target.command];
}
