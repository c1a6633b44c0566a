/**
 * A `request.signal` that Denicorn can abort, too. It is made when it is read: most apps do not, and then a request pays for
 * a property only.
 */

export class RequestSignal {
  #controller: AbortController | null = null;
  #signal: AbortSignal | null = null;
  #reason: unknown = undefined;
  readonly #request: Request;

  /** From now on it takes the place of the signal of `request`. */
  constructor(request: Request) {
    this.#request = request;
    // A copy of a request has that of the request.
    const own = Object.getOwnPropertyDescriptor(request, "signal")?.get;
    Object.defineProperty(request, "signal", {
      configurable: true,
      get: () =>
        this.#signal ??= this.#make(own === undefined ? runtimeSignal(this.#request) : own.call(request)),
    });
  }

  /** Why it was aborted by `abort`. */
  get reason(): unknown {
    return this.#reason;
  }

  abort(reason: unknown): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** A combined signal holds no listener at the signals it follows. */
  #make(original: AbortSignal): AbortSignal {
    this.#controller = new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return AbortSignal.any([this.#controller.signal, original]);
  }
}

/** Looked up when it is needed: the getter of the executable's runtime is replaced before the app is imported. */
function runtimeSignal(request: Request): AbortSignal {
  return Reflect.get(Request.prototype, "signal", request);
}
