/** What stands against sending the answers, at the question that it is about and in the reader's words. */
import type { Issue } from '../../fhir/outcome.ts';
import type { ItemState } from '../../questionnaire/state.ts';
import { hintsOf } from './hints.ts';
import type { Fault } from './posted.ts';
import type { Speech } from './speech.ts';
import type { Standing } from './state.ts';

/** By the key of the question. */
export type Problems = ReadonlyMap<string, readonly string[]>;

/** Of what was typed and could not be read. */
export const problemsOfFaults = (faults: ReadonlyMap<string, readonly Fault[]>): Problems =>
  new Map([...faults].map(([key, list]) => [key, [...new Set(list.map(({ text }) => text))]]));

/** Told of one question at most. */
const MOST = 3;

export function problemsIn({ places }: Standing, speech: Speech): Problems {
  const found = [...places].map(([key, state]) => {
    const errors = state.messages.filter(({ severity }) => severity === 'error');
    return [key, [...new Set(errors.map((issue) => wordsFor(issue, state, speech)))].slice(0, MOST)] as const;
  });
  return new Map(found.filter(([, texts]) => texts.length > 0));
}

/** What is to be done about it; a rule of the questionnaire's own speaks for itself. */
function wordsFor({ code, text }: Issue, { item, inForce }: ItemState, speech: Speech): string {
  const { word } = speech;
  if (code === 'required') return word('answerThis');
  if (code === 'code-invalid') return word('chooseListed');
  if (code === 'value') return [word('notAccepted'), ...hintsOf(item, inForce.limits, speech)].join(' ');
  return plain(text);
}

/** Without the names and formulas that are for those who make questionnaires. */
const plain = (text: string): string => text.replace(/^(?:The answer to )?'[^']*'(?: \([^)]*\))?:? /, '').replace(/ \([\w.-]+: .*\)\.$/, '');
