/** What the C library can do and the runtime cannot. Loaded when first needed. */

const libraries: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.dylib",
};

function open() {
  const name = libraries[Deno.build.os];
  if (name === undefined) throw new Deno.errors.NotSupported(`no C library is known for ${Deno.build.os}`);
  return Deno.dlopen(name, { lchown: { parameters: ["buffer", "u32", "u32"], result: "i32" } }).symbols;
}

let symbols: ReturnType<typeof open> | undefined;

/** As an id: leave it as it is. */
const unchanged = 0xffff_ffff;

/** Changes the owner of what lies at `path` itself, even if that is a link. `null` leaves an id as it is. */
export function changeOwnerOfEntry(path: string, uid: number | null, gid: number | null): void {
  symbols ??= open();
  const result = symbols.lchown(new TextEncoder().encode(`${path}\0`), uid ?? unchanged, gid ?? unchanged);
  if (result !== 0) throw new Deno.errors.PermissionDenied(`lchown '${path}' failed`);
}
