/** The permissions of Deno that an app may have, by their names there. */

/** A worker needs them itself, as long as it runs. */
export const requiredPermissions = ["read", "net", "env"] as const;

/** A worker can do without them from the moment on that it imports the app. */
export const optionalPermissions = ["ffi", "import", "run", "sys", "write"] as const;

export type OptionalPermission = typeof optionalPermissions[number];

/** What a worker gives up whose app is to have only `wanted`; without any it gives up nothing. */
export function permissionsGivenUp(wanted: readonly string[]): readonly OptionalPermission[] {
  return wanted.length === 0 ? [] : optionalPermissions.filter((name) => !wanted.includes(name));
}
