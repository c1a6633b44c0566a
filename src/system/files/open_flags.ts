/** Flags of open(2) on Linux whose values depend on the architecture. */

const isArm = Deno.build.arch === "aarch64";

export const O_DIRECTORY = isArm ? 0o40000 : 0o200000;
export const O_NOFOLLOW = isArm ? 0o100000 : 0o400000;
