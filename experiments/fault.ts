import { en, type Say } from "./catalogue";

/** Why an experiment can't be done. The message says what to do, in the user's language. */
export class Fault extends Error {
    constructor(readonly tell: Say) {
        super(tell(en));
    }
}
