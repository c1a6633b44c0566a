/** What each signal means, taken from the table of commands. */

import { commandList, type CommandName, type OperatorCommands } from "./operator_commands.ts";

/** The signals in the declaration of one command, each with the name of the command. */
type SignalsOf<Name extends CommandName> = OperatorCommands[Name] extends { signals: infer Signals }
  ? { readonly [Signal in keyof Signals]: { readonly command: Name } & Signals[Signal] }
  : never;

/** Of each member of a union. */
type KeysOf<Union> = Union extends unknown ? keyof Union : never;
type ValuesOf<Union> = Union extends unknown ? Union[keyof Union] : never;

type Signals = { [Name in CommandName]: SignalsOf<Name> }[CommandName];
export type HandledSignal = KeysOf<Signals>;

export const signalMeanings = Object.fromEntries(
  commandList.flatMap(({ name, signals = {} }) =>
    Object.entries(signals).map(([signal, declaration]) => [signal, { command: name, ...declaration }])
  ),
) as unknown as Readonly<Record<HandledSignal, ValuesOf<Signals>>>;
export const handledSignals = Object.keys(signalMeanings) as HandledSignal[];
