import { scoreboardSize, SlotWriter } from "../../src/core/scoreboard.ts";
import { openLog } from "../../src/log/logger.ts";
import { Child } from "../../src/master/child.ts";
import { EventFeed } from "../../src/master/event_feed.ts";
import { LifecycleLog } from "../../src/master/lifecycle_log.ts";
import { Roster } from "../../src/master/roster.ts";
import { Scoreboard } from "../../src/master/scoreboard.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { FakeProcess, FakeSystem } from "./fake_system.ts";

/** Workers as the master knows them, without a loop around them. */
export class FakeRoster {
  readonly system = new FakeSystem();
  readonly roster = new Roster();
  readonly #memory = new ArrayBuffer(scoreboardSize(64));
  readonly scoreboard = new Scoreboard(this.system, null, this.#memory);
  readonly feed = new EventFeed(this.system.clock);
  readonly lifecycle = new LifecycleLog(
    openLog(
      this.system,
      { level: "info", format: "text", errorLogfile: "-", accessLogfile: null },
      { pid: 41 },
    ).logger,
    this.feed,
  );

  get now(): number {
    return this.system.clock.monotonic();
  }

  /** The lines of the log without their times. */
  get lines(): string[] {
    return this.system.written.stderr.trimEnd().split("\n").map((line) => line.replace(/^\S+ /, ""));
  }

  /** A worker that boots in `slot`, with process id 100 + slot. */
  booting(slot: number): Child {
    const commandLine = { settings: new Map([["app", ["app.ts"]]] as const) };
    const { settings } = resolveSettings({ commandLine, environment: {}, cores: 2 });
    const child = new Child(
      slot,
      { number: 1, settings, bundle: null },
      new FakeProcess(100 + slot),
      this.now,
    );
    this.roster.add(child, `token-${slot}`);
    this.scoreboard.clear(slot);
    this.figures(child).pid = child.process.pid;
    return child;
  }

  ready(slot: number): Child {
    const child = this.booting(slot);
    child.apply({ type: "ready" }, this.now);
    return child;
  }

  /** Where the worker writes. */
  figures({ slot }: Child): SlotWriter {
    return new SlotWriter(this.#memory, slot);
  }
}
