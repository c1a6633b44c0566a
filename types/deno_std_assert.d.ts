/** Types for the parts of `deno-std/assert/mod.js` the tests use; the npm edition ships none. */

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

export class AssertionError extends Error {}

export function assert(condition: unknown, message?: string): asserts condition;
export function assertEquals<T>(actual: T, expected: T, message?: string): void;
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
export function assertInstanceOf<T>(
  actual: unknown,
  type: abstract new (...args: never[]) => T,
  message?: string,
): asserts actual is T;
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void;
export function assertGreater<T>(actual: T, expected: T, message?: string): void;
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
export function assertLess<T>(actual: T, expected: T, message?: string): void;
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void;
export function assertStringIncludes(actual: string, expected: string, message?: string): void;
export function assertMatch(actual: string, expected: RegExp, message?: string): void;
export function assertNotMatch(actual: string, expected: RegExp, message?: string): void;
export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, message?: string): void;
export function assertObjectMatch(
  actual: object,
  expected: Readonly<Record<PropertyKey, unknown>>,
  message?: string,
): void;
export function assertThrows(run: () => unknown, message?: string): unknown;
export function assertThrows<E extends Error>(
  run: () => unknown,
  type: ErrorClass<E>,
  messageIncludes?: string,
  message?: string,
): E;
export function assertRejects(run: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
export function assertRejects<E extends Error>(
  run: () => PromiseLike<unknown>,
  type: ErrorClass<E>,
  messageIncludes?: string,
  message?: string,
): Promise<E>;
export function fail(message?: string): never;
export function unreachable(reason?: string): never;
