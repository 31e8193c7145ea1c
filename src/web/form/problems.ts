/** What stands against sending the answers, at the question that it is about and in the reader's words. */
import type { Questionnaire, QuestionnaireItem } from 'fhir/r4';
import type { Issue } from '../../fhir/outcome.ts';
import { extensionsOf, partOf } from '../../questionnaire/extension.ts';
import type { Plan, PlanConstraint } from '../../questionnaire/plan.ts';
import type { ItemState } from '../../questionnaire/state.ts';
import { hintsOf } from './hints.ts';
import type { Fault } from './posted.ts';
import { type Speech, saidIn } from './speech.ts';
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

/** Of the questionnaire as a whole, where no question is at fault by itself. */
export const problemOfForm = (issue: Issue, { questionnaire, constraints }: Plan, speech: Speech): string =>
  demanded(issue, { definition: questionnaire, constraints }, speech) ?? plain(issue.text);

/** What is to be done about it; a rule of the questionnaire's own speaks for itself. */
function wordsFor(issue: Issue, { item, inForce }: ItemState, speech: Speech): string {
  const { word } = speech;
  const { code, text } = issue;
  if (code === 'required') return word('answerThis');
  if (code === 'code-invalid') return word('chooseListed');
  if (code === 'value') return [word('notAccepted'), ...hintsOf(item, inForce.limits, speech)].join(' ');
  return demanded(issue, item, speech) ?? plain(text);
}

interface Demanding {
  readonly definition: Questionnaire | QuestionnaireItem;
  readonly constraints: readonly PlanConstraint[];
}

/** What one of its constraints says, in the reader's words. */
function demanded({ code, text }: Issue, { definition, constraints }: Demanding, speech: Speech): string | undefined {
  if (code !== 'invariant') return undefined;
  const broken = constraints.find(({ key, expression }) => text.endsWith(` (${key}: ${expression.text.slice(0, 200)}).`));
  const own = extensionsOf(definition, 'constraint').find((one) => broken !== undefined && partOf(one, 'key')?.valueId === broken.key);
  const human = own === undefined ? undefined : partOf(own, 'human');
  return human && (saidIn(human, 'valueString', speech) ?? saidIn(human, 'valueMarkdown', speech))?.text;
}

/** Without the names and formulas that are for those who make questionnaires. */
const plain = (text: string): string => text.replace(/^(?:The answer to )?'[^']*'(?: \([^)]*\))?:? /, '').replace(/ \([\w.-]+: .*\)\.$/, '');
