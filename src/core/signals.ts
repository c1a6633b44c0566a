/** What each signal means, taken from the table of commands. */

import { commandList, type CommandName, type OperatorCommands } from "./operator_commands.ts";

/** The signals in the declaration of one command, each with the name of the command. */
type SignalsOf<Name extends CommandName> = OperatorCommands[Name] extends { signals: infer Signals }
  ? { readonly [Signal in keyof Signals]: { readonly command: Name } & Signals[Signal] }
  : never;

type AllSignals = { [Name in CommandName]: SignalsOf<Name> }[CommandName];
export type HandledSignal = AllSignals extends infer Signals ? Signals extends unknown ? keyof Signals : never
  : never;
export type SignalMeaning = AllSignals extends infer Signals
  ? Signals extends unknown ? Signals[keyof Signals] : never
  : never;

export const signalMeanings = Object.fromEntries(
  commandList.flatMap(({ name, signals = {} }) =>
    Object.entries(signals).map(([signal, declaration]) => [signal, { command: name, ...declaration }])
  ),
) as unknown as Readonly<Record<HandledSignal, SignalMeaning>>;
export const handledSignals = Object.keys(signalMeanings) as HandledSignal[];
