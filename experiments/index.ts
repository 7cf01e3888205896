import type { AnyExperiment } from "./experiment";
import { keepalive } from "./keepalive";
import { path } from "./path";
import { routing } from "./routing";
import { spread } from "./spread";

/** All experiments, in the order of the list. */
export const experiments: AnyExperiment[] = [spread, path, keepalive, routing];
