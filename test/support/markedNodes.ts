import { type Machine, owner } from "./program";

/** The mark of a whole cluster that the stack made. */
export const ownMark = `${owner}.first`;
/** The mark of a cluster that another stack made. */
export const foreignMark = "ffffffffffff.first";

/** Mounts of a node that carries a mark, as `docker inspect` prints them. */
export const markedNode = (mark: string) =>
    JSON.stringify([{ Destination: "/lib/modules" }, { Destination: `/etc/load-balancing-lab/${mark}` }]);

/** A machine with a cluster whose nodes carry a mark. By default it is whole: one control plane and two workers. */
export const machineWithNodes = (mark: string, count = 3): Machine => ({
    mounts: Array.from({ length: count }, () => markedNode(mark)),
});
