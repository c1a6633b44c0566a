/**
 * Words that the texts and names of Denicorn do without, because they are old-fashioned, vague, or pictures for
 * things that have a name in the field. Each with what to write in its place. `post box` stands for postBox and
 * post_box too, and each word for its plural.
 */
export const banned: Readonly<Record<string, string>> = {
  "aftermath": "what it is: 'failed upgrade', 'after the stop'",
  "anew": "'again', 'new', or a verb with re-",
  "as asked for": "'as requested', or who asked: 'by a signal', 'by denicorn ctl'",
  "cramped": "'out of file descriptors'",
  "crew": "'workers', or 'worker pool'",
  "deaf": "'without listeners', or 'not listening'",
  "heir": "'successor'",
  "held up": "'blocked', 'stalled' or 'delayed'",
  "is told": "who says it to whom: 'the master tells the worker', 'the worker gets'",
  "it is no": "'it is not a'",
  "lest": "'so that … not', or 'otherwise'",
  "of late": "'recently', or the period",
  "one worker fewer": "'one fewer worker'",
  "one worker more": "'one more worker'",
  "post box": "'inbox socket'",
  "recruiter": "'spawner'",
  "roster": "'worker table', or 'list of workers'",
  "shall": "'must', 'should', or the plain present",
  "stride": "'step', or 'size of a slot'",
  "take off": "'start', or 'remove'",
  "turns again": "'runs again', or 'responds again'",
  "under way": "'in progress', 'running'",
  "underway": "'in progress', 'running'",
  "upkeep": "what it does: 'repair', 'cleanup', 'check'",
  "vain": "'without success', or what failed",
  "veteran": "'long-running worker', or 'worker to replace'",
  "whoever": "'who', 'anyone who', or the name of the process",
  "workplace": "'runtime directory', or 'environment'",
};

/** Phrases with one of these in it that are good English. */
export const accepted: readonly string[] = ["it is no longer", "it is no more than"];
