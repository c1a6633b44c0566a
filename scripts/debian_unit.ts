import { BuildError, root } from "./workspace.ts";

const head =
  `# Serves the app in /srv/APP, by /etc/APP/denicorn.config.ts, as the user APP: systemctl enable --now denicorn@APP
# To change it for an app: systemctl edit denicorn@APP
`;

const environment = `EnvironmentFile=-/etc/default/denicorn
EnvironmentFile=-/etc/default/denicorn-%i
`;

/** The unit of deploy/ as a template, with the place of the program and of the environment that Debian has. */
export async function debianUnit(): Promise<string> {
  const unit = await Deno.readTextFile(`${root}/deploy/denicorn.service`);
  const made = unit
    .replace(/^#.*\n/, head)
    .replaceAll("myapp", "%i")
    .replace("/usr/local/bin/", "/usr/bin/")
    .replace(/^ExecStart=/m, `${environment}$&`);
  if (!made.startsWith(head) || !made.includes(`${environment}ExecStart=/usr/bin/`)) {
    throw new BuildError(
      "cannot make the unit for Debian: deploy/denicorn.service has no ExecStart= in /usr/local/bin",
    );
  }
  return made;
}
