import { en, type Catalogue } from "./en";
import type { Language } from "./format";
import { ko } from "./ko";

export { en, type Catalogue } from "./en";
export { languages, type Language } from "./format";

/** Something to say, in whatever language. */
export type Say = (texts: Catalogue) => string;

export const catalogues: Record<Language, Catalogue> = { en, ko };
